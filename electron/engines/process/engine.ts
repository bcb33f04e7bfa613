import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { arch, availableParallelism, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EngineStatus } from '#shared/contract/engines.ts';
import { StowageError } from '#shared/errors.ts';
import { isWithin } from '#shared/paths.ts';
import type { Engine, FoundRun, OutputSink, RunExit, RunRequest } from '../engine.ts';
import { bubblewrapArguments, bubblewrapWorks } from './bubblewrap.ts';
import { checkCommand } from './command-lookup.ts';
import {
  laidOutPath,
  layOutMounts,
  makeRunDirectory,
  type RunDirectory,
  readRequest,
  readState,
  removeRun,
  runDirectory,
  workHome,
  writeExit,
} from './run-directory.ts';
import { signalCommand, supervisorScript } from './supervisor.ts';
import { drainFile } from './tail.ts';

export interface ProcessEngineOptions {
  /** Run directories live here. */
  readonly directory: string;
  /** Tells the runs of one data directory from those of another; the directory is this one's alone, so it is not needed. */
  readonly homeId: string;
  /** The program; null: do without. Default: `bwrap` of the PATH. */
  readonly bubblewrap?: string | null;
}

const pollMilliseconds = 40;
const killedCode = 137;

/** Runs the command on this machine, as this user: not isolated, but with the same mounts where bubblewrap is. */
export function createProcessEngine({ directory, bubblewrap = 'bwrap' }: ProcessEngineOptions): Engine {
  const windows = process.platform === 'win32';
  let namespaces: Promise<boolean> | null = null;
  const hasNamespaces = (): Promise<boolean> => {
    namespaces ??= bubblewrap === null || process.platform !== 'linux' ? Promise.resolve(false) : bubblewrapWorks(bubblewrap);
    return namespaces;
  };
  const watched = new Map<string, Promise<RunExit>>();
  const at = (reference: string): RunDirectory => runDirectory(directory, reference);
  let closed = false;

  /** Gives the output from `offset` until the run has ended; what was printed before the end is given whole. */
  async function watch(run: RunDirectory, output: OutputSink, offset: number, child: ChildProcess | null): Promise<RunExit> {
    let at = offset;
    const childEnded = child ? new Promise<void>((resolve) => child.once('exit', () => resolve())) : new Promise<void>(() => {});
    for (;;) {
      const now = await readState(run);
      at = await drainFile(run.outputFile, at, output);
      if (now.state === 'ended') return now.exit;
      if (closed) throw new StowageError('cancelled', 'The app is closing; the run goes on.');
      await Promise.race([setTimeout(pollMilliseconds), childEnded]);
    }
  }

  function remember(reference: string, watching: Promise<RunExit>): void {
    watched.set(reference, watching);
    // Whoever waits hears of a failure; when nobody does, it must not end the process.
    watching.catch(() => {});
  }

  const refuseWindows = (): void => {
    if (windows)
      throw new StowageError('unsupported', 'Jobs without a container engine are not available on Windows.', {
        hint: 'Use Docker.',
      });
  };

  return {
    id: 'process',
    status: () => status(windows, hasNamespaces),
    images: async () => [],
    inspectImage: async (reference) => {
      throw new StowageError('image-missing', 'This engine runs no images.', { subject: reference });
    },
    probeImage: async () => ({}),
    // biome-ignore lint/correctness/useYield: there is nothing to pull
    pull: async function* (reference) {
      throw new StowageError('unsupported', 'This engine runs no images, so there is nothing to pull.', { subject: reference });
    },
    create: async (request) => {
      refuseWindows();
      const reference = `job-${request.jobId}`;
      const run = at(reference);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await makeRunDirectory(run, request);
      if (!(await hasNamespaces())) await layOutMounts(run, request);
      return reference;
    },
    start: async (reference, output) => {
      const run = at(reference);
      const request = await readRequest(run);
      if ((await readState(run)).state !== 'created')
        throw new StowageError('wrong-state', 'This run was started before.', { subject: reference });
      const child = await launch(run, request, (await hasNamespaces()) ? bubblewrap : null);
      const watching = watch(run, output, 0, child);
      remember(reference, watching);
      await readState(run);
    },
    follow: async (reference, output, kept) => {
      const run = at(reference);
      await readRequest(run);
      remember(reference, watch(run, output, kept.stdout + kept.stderr, null));
    },
    wait: async (reference, options) => {
      const watching = watched.get(reference) ?? watch(at(reference), { write: async () => {} }, 0, null);
      const { signal } = options ?? {};
      if (!signal) return watching;
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      return Promise.race([watching, aborted]);
    },
    stop: (reference, { graceSeconds }) => stop(at(reference), graceSeconds),
    remove: async (reference) => {
      watched.delete(reference);
      await removeRun(at(reference));
    },
    find: async () => {
      const found: FoundRun[] = [];
      for (const name of await readdir(directory).catch(() => [])) {
        const jobId = Number(/^job-(\d+)$/.exec(name)?.[1]);
        if (jobId) found.push({ jobId, reference: name, state: (await readState(at(name))).state });
      }
      return found;
    },
    close: async () => {
      closed = true;
    },
  };
}

async function status(windows: boolean, hasNamespaces: () => Promise<boolean>): Promise<EngineStatus> {
  const absoluteTargets = !windows && (await hasNamespaces());
  const how = absoluteTargets ? 'with its mounts at their places (bubblewrap)' : 'with its mounts laid out in a run directory';
  return {
    id: 'process',
    name: 'This machine',
    state: windows ? 'error' : 'ready',
    message: windows
      ? 'Jobs without a container engine are not available on Windows.'
      : `Runs the command as you, ${how}; not isolated.`,
    version: null,
    isolated: false,
    absoluteTargets,
    local: true,
    os: `${type()} ${arch()}`,
    kernel: release(),
    selinux: false,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    limits: false,
  };
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts the supervisor in a session of its own, so that it outlives the app. */
async function launch(run: RunDirectory, request: RunRequest, bubblewrap: string | null): Promise<ChildProcess> {
  const [command] = request.command;
  if (command === undefined) throw new StowageError('bad-request', 'A job on this machine needs a command.');
  const given = Object.fromEntries(request.env.map(({ name, value }) => [name, value]));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? defaultPath,
    LANG: process.env.LANG ?? 'C.UTF-8',
    HOME: workHome,
    ...given,
  };
  const binds = [
    { source: run.tmp, target: '/tmp', readOnly: false },
    { source: run.work, target: workHome, readOnly: false },
    ...request.binds,
  ].toSorted((a, b) => a.target.length - b.target.length);
  const toHost = (path: string): string => {
    const bind = binds.findLast(({ target }) => isWithin(path, target));
    return bind ? join(bind.source, path.slice(bind.target.length)) : path;
  };
  const hostWorkdir = toHost(request.workdir);
  await mkdir(hostWorkdir, { recursive: true }).catch(() => {});
  await checkCommand(command, { searchPath: env.PATH ?? defaultPath, workdir: request.workdir, toHost });
  const prefix = bubblewrap
    ? [bubblewrap, ...(await bubblewrapArguments({ binds, workdir: request.workdir, network: request.network }))]
    : [];
  if (!bubblewrap && env.HOME) env.HOME = laidOutPath(run, env.HOME) ?? env.HOME;
  const cwd = bubblewrap ? run.path : (laidOutPath(run, request.workdir) ?? run.work);
  const child = spawn('/bin/sh', ['-c', supervisorScript, 'sh', run.path, ...prefix, ...request.command], {
    cwd,
    env,
    detached: true,
    stdio: 'ignore',
  });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject)).catch((error: unknown) => {
    throw new StowageError(
      'io-error',
      'The command could not be started on this machine.',
      { subject: command, detail: String(error) },
      { cause: error },
    );
  });
  child.unref();
  return child;
}

async function stop(run: RunDirectory, graceSeconds: number): Promise<void> {
  const ended = async (): Promise<boolean> => {
    const now = await readState(run);
    return now.state !== 'running';
  };
  const signal = async (name: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const now = await readState(run);
    if (now.state === 'running') await signalCommand(now.supervisor, name);
  };
  const within = async (milliseconds: number): Promise<boolean> => {
    const deadline = Date.now() + milliseconds;
    while (!(await ended())) {
      if (Date.now() >= deadline) return false;
      await setTimeout(pollMilliseconds);
    }
    return true;
  };
  if ((await readState(run)).state === 'created') return;
  await signal('SIGTERM');
  if (await within(graceSeconds * 1000)) return;
  while (!(await ended())) {
    await signal('SIGKILL');
    if (await within(2000)) break;
  }
  if ((await readState(run)).state === 'ended') await writeExit(run, killedCode);
}
