import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { EngineId, EngineImage } from '#shared/contract/engines.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { waitAtMost } from '../../waiting.ts';
import type {
  BakeCapable,
  Engine,
  FoundRun,
  ImageFacts,
  ImagePathFact,
  OutputPosition,
  OutputSink,
  RunExit,
  RunRequest,
  VolumeCapable,
} from '../engine.ts';
import { checkLaid } from '../laid.ts';
import { checkSources } from '../sources.ts';
import { createBaker, removeLeftBakes } from './bake.ts';
import { createCommandCheck, programOf } from './command-check.ts';
import { createDockerClient, type Product } from './connection.ts';
import { containerConfig, containerName, directoriesToLay, homeLabel, jobLabel, layoutArchive } from './container-config.ts';
import { contextConnection, currentContext } from './contexts.ts';
import type { DockerConnection } from './endpoints.ts';
import { type CallSubject, commandNotExecutable, commandNotFound, isConnectionError, isNameTaken, statusOf } from './errors.ts';
import { createShellOpener } from './exec.ts';
import { deviceRequest, type GpuInfo } from './gpus.ts';
import { checkImageName } from './image-name.ts';
import { userOfImage } from './image-user.ts';
import { attachOutput, followLog, type OutputProgress, pump } from './output.ts';
import { createPorts } from './ports.ts';
import { probePaths, removeLeftProbes } from './probe.ts';
import { pullImage } from './pull.ts';
import { createMeter } from './stats.ts';
import { createDockerStatus } from './status.ts';
import { createVolumes } from './volumes.ts';
import { untilNotRunning } from './wait.ts';

/** How long a run may be out of sight (the engine restarts) before that is an error. */
const awayMilliseconds = 60_000;

/** Quitting waits so long for what a former process left with the engine to be removed. */
const leftoversMs = 2_000;

interface Live {
  readonly sink: OutputSink;
  readonly progress: OutputProgress;
  /** From the engine's log: following it can lose an unterminated last line, so the end is read once more. */
  readonly isLog: boolean;
  /** Settles when the stream ended, whole or not; the error is kept for `wait`. */
  done: Promise<void>;
  /** Ends the connection, which would keep this process alive for as long as the run takes. */
  letGo(): void;
}

export interface DockerEngineOptions {
  readonly homeId: string;
  /** Default: `docker`. */
  readonly id?: EngineId;
  /** Where it is; default: the context that the `docker` program uses now. Jobs run on when another one is chosen there. */
  readonly connection?: DockerConnection | (() => DockerConnection);
  /** What the `docker` and `ssh` programs would be given. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** An engine that speaks as Docker does, for the runs of one data directory. */
export function createDockerEngine(options: DockerEngineOptions): Engine & BakeCapable & VolumeCapable {
  const { homeId, id = 'docker', environment = process.env } = options;
  const current = currentContext(environment);
  const given = options.connection ?? (() => contextConnection(current, environment));
  const client = createDockerClient({ id, environment, connection: typeof given === 'function' ? given : () => given });
  const owner = randomUUID();
  const live = new Map<string, Live>();
  /** What the engine said of the runs that were created here and not started yet, so that the start need not ask again. */
  const fresh = new Map<string, Docker.ContainerInspectInfo>();
  const probed = new Map<string, Map<string, ImagePathFact>>();
  const checkCommand = createCommandCheck();
  let leftovers: Promise<void> | null = null;

  const connect = async (): Promise<Docker> => {
    const docker = await client.get();
    leftovers ??= Promise.all([removeLeftProbes(docker, { homeId, owner }), removeLeftBakes(docker, { homeId, owner })]).then(
      () => undefined,
      () => {
        // Tried again at the next use: what is left behind costs a name, and nothing waits for it.
        leftovers = null;
      },
    );
    return docker;
  };
  const call = async <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>): Promise<Value> => {
    try {
      return await action(await connect());
    } catch (error) {
      if (isConnectionError(error)) client.forget();
      throw client.error(error, subject);
    }
  };
  const inspectImage = (reference: string): Promise<ImageFacts> =>
    call({ image: reference }, async (docker) => imageFacts(await docker.getImage(checkImageName(reference)).inspect()));

  const begin = (reference: string, source: AsyncIterable<Uint8Array>, sink: OutputSink, kept: OutputPosition): Live => {
    const progress = { ...kept, opening: '' };
    const run: Live = {
      sink,
      progress,
      isLog: fromBeginning in source,
      done: pump(source, sink, progress, { ...skipOf(source, kept) }),
      letGo: () => destroySource(source),
    };
    // `wait` is the one who tells; until it is called a failure must not count as unhandled.
    run.done.catch(() => {});
    live.set(reference, run);
    return run;
  };

  return {
    id,
    status: createDockerStatus(id, client),
    ...createBaker(call, { homeId, owner }),
    ...createVolumes(call, { homeId, owner }),
    ...createMeter(call),
    ...createShellOpener(call),
    ...createPorts(call),
    images: () => call({}, async (docker) => (await docker.listImages()).map(engineImage)),
    inspectImage,
    probeImage: async (reference, paths) => {
      const { id } = await inspectImage(reference);
      const known = probed.get(id) ?? new Map<string, ImagePathFact>();
      probed.set(id, known);
      const open = paths.filter((path) => !known.has(path));
      if (open.length > 0) {
        const facts = await call({ image: reference }, (docker) => probePaths(docker, id, open, { homeId, owner }));
        for (const [path, fact] of facts) known.set(path, fact);
      }
      return Object.fromEntries(paths.map((path) => [path, known.get(path) ?? 'missing']));
    },
    pull: async function* (reference, { signal }) {
      yield* pullImage(client, await connect(), reference, signal);
    },
    create: (run) =>
      call({ image: run.image ?? undefined }, async (docker) => {
        const facts = await createRun(docker, await client.product(), homeId, run);
        if (!wasStarted(facts)) fresh.set(facts.Id, facts);
        return facts.Id;
      }),
    start: (reference, output) => {
      let command: string | undefined;
      let image: string | undefined;
      let begun = false;
      const known = fresh.get(reference);
      fresh.delete(reference);
      return call({ container: reference }, async (docker) => {
        const container = docker.getContainer(reference);
        const [facts, source] = await Promise.all([known ?? container.inspect(), attachOutput(container)]);
        try {
          if (wasStarted(facts)) throw startedBefore(reference);
          command = programOf(facts);
          image = facts.Config.Image;
          await checkCommand(container, facts);
          begin(reference, source, output, { stdout: 0, stderr: 0 });
          begun = true;
          await container.start();
        } catch (error) {
          destroySource(source);
          if (begun) live.delete(reference);
          if (statusOf(error) === 304) throw startedBefore(reference);
          throw client.error(error, { container: reference, command, image });
        }
      });
    },
    follow: (reference, output, kept) =>
      call({ container: reference }, async (docker) => {
        const source = await followLog(docker.getContainer(reference));
        begin(reference, Object.assign(source, { [fromBeginning]: true }), output, kept);
      }),
    wait: async (reference, { signal } = {}) => {
      const { facts, wasAway } = await waitForEnd(reference, signal);
      const run = live.get(reference);
      await settleOutput(reference, run, wasAway);
      live.delete(reference);
      return runExit(facts, run?.progress.opening ?? '');
    },
    stop: (reference, { graceSeconds }) =>
      call({ container: reference }, async (docker) => {
        try {
          await docker.getContainer(reference).stop({ t: graceSeconds });
        } catch (error) {
          if (![304, 404].includes(statusOf(error) ?? 0)) throw error;
        }
      }),
    remove: (reference) =>
      call({ container: reference }, async (docker) => {
        try {
          // `v`: volumes without a name, which an image may ask for, go with their container.
          await docker.getContainer(reference).remove({ v: true, force: true });
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
        }
        live.delete(reference);
        fresh.delete(reference);
      }),
    find: () => call({}, (docker) => findRuns(docker, homeId)),
    close: async () => {
      if (leftovers) await waitAtMost(leftovers, leftoversMs);
      for (const run of live.values()) run.letGo();
      client.close();
    },
  };

  /** Waits until it is not running. The container is never removed by the engine itself, so no end can be missed. */
  async function waitForEnd(
    reference: string,
    signal: AbortSignal | undefined,
  ): Promise<{ facts: Docker.ContainerInspectInfo; wasAway: boolean }> {
    let awaySince: number | null = null;
    for (;;) {
      try {
        const facts = await call({ container: reference }, async (docker) => {
          await untilNotRunning(docker, reference, signal);
          return docker.getContainer(reference).inspect();
        });
        if (!wasStarted(facts)) throw new StowageError('wrong-state', 'This run was not started.', { subject: reference });
        if (!facts.State.Running) return { facts, wasAway: awaySince !== null };
        // An engine that is being stopped lets go of everybody who waits.
        throw new StowageError('engine-absent', 'The engine is being stopped.', { subject: reference });
      } catch (error) {
        if (signal?.aborted) throw new StowageError('cancelled', 'Waiting for the run was cancelled.', { subject: reference });
        awaySince ??= Date.now();
        if (!isStowageError(error, 'engine-absent') || Date.now() - awaySince > awayMilliseconds) throw error;
        await delay(500);
      }
    }
  }

  /** The output to its end; where the live stream broke (the engine was away), the rest comes from the log. */
  async function settleOutput(reference: string, run: Live | undefined, wasAway: boolean): Promise<void> {
    if (!run) return;
    try {
      await run.done;
      // An engine that is stopped ends the streams as if the containers had.
      if (!run.isLog && !wasAway) return;
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    }
    const kept = { stdout: run.progress.stdout, stderr: run.progress.stderr };
    await call({ container: reference }, async (docker) =>
      pump(await followLog(docker.getContainer(reference)), run.sink, run.progress, kept),
    );
  }
}

/** Marks a stream that begins at the first byte of the run: what is kept already is skipped. */
const fromBeginning = Symbol('from the beginning');

const destroySource = (source: AsyncIterable<Uint8Array>): void =>
  (source as AsyncIterable<Uint8Array> & { destroy(): void }).destroy();

const skipOf = (source: AsyncIterable<Uint8Array>, kept: OutputPosition): OutputPosition =>
  fromBeginning in source ? kept : { stdout: 0, stderr: 0 };

const startedBefore = (reference: string): StowageError =>
  new StowageError('wrong-state', 'This run was started before.', { subject: reference });

/** What the engine is asked for; only a run that wants GPUs costs the question. */
const gpusFor = async (docker: Docker, product: Product, { gpus }: RunRequest): Promise<object | null> =>
  gpus === null ? null : deviceRequest(gpus, product, (await docker.info()) as GpuInfo);

/** Creates the container with its directories and links, or finds the one that an earlier call made. */
async function createRun(
  docker: Docker,
  product: Product,
  homeId: string,
  run: RunRequest,
): Promise<Docker.ContainerInspectInfo> {
  if (run.image === null) throw new StowageError('bad-request', 'A run in Docker needs an image.', { hint: 'Choose an image.' });
  checkLaid(run);
  // Podman makes what is missing, on the machine, as root.
  if (product === 'Podman') await checkSources(run);
  const name = containerName(homeId, run.jobId);
  let container: Docker.Container;
  try {
    container = await docker.createContainer({
      _query: { name },
      _body: containerConfig(homeId, run, { product, gpus: await gpusFor(docker, product, run) }),
    } as unknown as Docker.ContainerCreateOptions);
  } catch (error) {
    if (!isNameTaken(error)) throw error;
    const facts = await docker.getContainer(name).inspect();
    if (facts.Config.Labels[homeLabel] !== homeId)
      throw new StowageError('engine-error', `The name “${name}” is taken by a container of somebody else.`, { subject: name });
    if (wasStarted(facts)) return facts;
    container = docker.getContainer(facts.Id);
  }
  const directories = directoriesToLay(run);
  const lay = async (): Promise<void> => {
    if (directories.length + run.links.length + run.files.length === 0) return;
    // A link or a file must not take the place of a folder with all that is in it, which the engine would allow.
    const options = { path: '/', ...(run.links.length + run.files.length > 0 && { noOverwriteDirNonDir: 'true' }) };
    try {
      const imageUser = run.user === null && run.files.length > 0 ? await userOfImage(container) : { uid: 0, gid: 0 };
      await container.putArchive(await layoutArchive(run, directories, imageUser), options);
    } catch (error) {
      // What was refused would be refused again; a connection that broke may have laid it.
      if (!isConnectionError(error)) await container.remove({ v: true, force: true });
      throw error;
    }
  };
  const [facts] = await Promise.all([container.inspect(), lay()]);
  return facts;
}

async function findRuns(docker: Docker, homeId: string): Promise<FoundRun[]> {
  const containers = await docker.listContainers({ all: true, filters: { label: [`${homeLabel}=${homeId}`] } });
  return containers.map(({ Id, State, Labels }) => ({
    jobId: Number(Labels[jobLabel]),
    reference: Id,
    state: State === 'created' ? 'created' : ['exited', 'dead', 'removing'].includes(State) ? 'ended' : 'running',
  }));
}

const engineImage = ({ Id, RepoTags, Size, Created }: Docker.ImageInfo): EngineImage => ({
  id: Id,
  reference: RepoTags?.find((tag) => tag !== '<none>:<none>') ?? Id.replace(/^sha256:/, '').slice(0, 12),
  bytes: Size,
  createdAt: Created > 0 ? Created * 1000 : null,
});

function imageFacts({ Id, RepoDigests, Config }: Docker.ImageInspectInfo): ImageFacts {
  const list = (value: string | string[] | null | undefined): string[] =>
    value === null || value === undefined ? [] : typeof value === 'string' ? [value] : value;
  const entrypoint = list(Config.Entrypoint);
  return {
    id: Id,
    digests: list(RepoDigests),
    workdir: Config.WorkingDir || null,
    user: Config.User || null,
    env: (Config.Env ?? []).map((entry) => {
      const at = entry.indexOf('=');
      return { name: entry.slice(0, at), value: entry.slice(at + 1) };
    }),
    command: [...entrypoint, ...list(Config.Cmd)],
    entrypoint,
  };
}

/** Times that the engine does not know are written as the year 1. */
const time = (text: string): number | null => (text.startsWith('0001') ? null : Date.parse(text));

/** Whether a container ever ran: one engine has been seen to take another start of one that had ended. */
const wasStarted = ({ State }: Docker.ContainerInspectInfo): boolean =>
  State.Status !== 'created' || time(State.StartedAt) !== null || time(State.FinishedAt) !== null;

function runExit(facts: Docker.ContainerInspectInfo, opening: string): RunExit {
  const { State, Config } = facts;
  const initFailed = (State.ExitCode === 127 || State.ExitCode === 126) && opening.startsWith('[FATAL tini');
  const startedAt = time(State.StartedAt);
  const endedAt = time(State.FinishedAt);
  const make = State.ExitCode === 127 ? commandNotFound : commandNotExecutable;
  return {
    code: State.ExitCode,
    oomKilled: State.OOMKilled,
    startedAt,
    // The engine takes its two times from clocks that may differ by a millisecond.
    endedAt: endedAt === null ? null : Math.max(endedAt, startedAt ?? endedAt),
    message: initFailed ? make(programOf(facts), Config.Image).message : State.Error || null,
  };
}
