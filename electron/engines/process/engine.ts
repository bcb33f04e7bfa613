import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, release, type as systemName, totalmem } from 'node:os';
import { join, posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import type { Engine, FoundRun, OutputSink, RunExit, RunRequest } from '../engine.ts';
import { gpuAccess, machineGpus } from '../gpus.ts';
import { checkLaid } from '../laid.ts';
import { checkSources } from '../sources.ts';
import { bubblewrapArguments, findBubblewrap, layFilesInPlaces } from './bubblewrap.ts';
import { checkCommand } from './command-lookup.ts';
import { createMeter } from './meter.ts';
import { createPorts } from './ports.ts';
import { descendants, processTable, signalProcess, wrapperPids } from './processes.ts';
import { dropSecrets, layOutLinks, readRecord, removeRun, runFiles, runState, workPath, writeRecord } from './run-directory.ts';
import { createShellOpener } from './shell.ts';
import { enteredScript, supervisorScript } from './supervisor.ts';
import { tail } from './tail.ts';

const prefix = 'run-';
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const lookMilliseconds = 50;

const noImages = (): StowageError =>
  new StowageError('unsupported', 'The engine “process” runs commands of this machine and has no images.', {
    hint: 'Choose the engine “docker” for jobs with an image.',
  });

/**
 * The engine “process”: runs commands on this machine as the user, each under a supervisor that outlives the app.
 * `directory` holds a folder for each run. `bubblewrap`: null for none; left out, it is looked for.
 */
export function createProcessEngine(options: { directory: string; homeId: string; bubblewrap?: null }): Engine {
  const { homeId } = options;
  const outputs = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let checked: Promise<string | null> | null = null;
  const bubblewrap = (): Promise<string | null> => {
    checked ??= options.bubblewrap === null ? Promise.resolve(null) : findBubblewrap();
    return checked;
  };
  const directoryOf = (reference: string): string => {
    if (!/^run-\d+$/.test(reference))
      throw new StowageError('not-found', `There is no run “${reference}” here.`, { subject: reference });
    return join(options.directory, reference);
  };
  const hasEnded = async (directory: string): Promise<boolean> => (await runState(directory)).state === 'ended';
  const give = (reference: string, sink: OutputSink, from: number): void => {
    const directory = directoryOf(reference);
    const output = tail(directory, runFiles(directory).output, from, sink, () => hasEnded(directory), closing.signal);
    // `wait` is the one who tells; until it is called a failure must not count as unhandled.
    output.catch(() => {});
    outputs.set(reference, output);
  };

  return {
    id: 'process',
    status: async () => {
      const available = process.platform !== 'win32';
      const isolated = available && (await bubblewrap()) !== null;
      return {
        id: 'process',
        kind: 'process',
        name: 'This machine',
        state: available ? 'ready' : 'error',
        message: statusMessage(available, isolated),
        version: null,
        isolated: false,
        absoluteTargets: isolated,
        local: true,
        os: systemName(),
        kernel: release(),
        selinux: false,
        cpus: availableParallelism(),
        memoryBytes: totalmem(),
        limits: false,
        gpus: await machineGpus(),
      };
    },
    images: async () => [],
    inspectImage: () => Promise.reject(noImages()),
    probeImage: () => Promise.reject(noImages()),
    // biome-ignore lint/correctness/useYield: there is nothing to pull; the failure is the stream's
    pull: async function* () {
      throw noImages();
    },
    create: async (request) => {
      if (process.platform === 'win32')
        throw new StowageError('engine-absent', statusMessage(false, false), { hint: 'Use Docker.' });
      const reference = `${prefix}${request.jobId}`;
      const directory = directoryOf(reference);
      const isThere = await readRecord(directory).catch((error: unknown) => {
        if (isStowageError(error, 'not-found')) return null;
        throw error;
      });
      if (isThere) return reference;
      if (request.command.length === 0)
        throw new StowageError('bad-request', 'A run on this machine needs a command.', { hint: 'Write a command.' });
      checkLaid(request);
      if (request.gpus !== null) await gpuAccess(request.gpus);
      await checkSources(request);
      // What a creation that was cut off left is not whole.
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        if (await bubblewrap()) {
          await bubblewrapArguments(request, directory);
          await layFilesInPlaces(request, directory);
        } else await layOutLinks(directory, request);
        await writeRecord(directory, { homeId, request });
      } catch (error) {
        await rm(directory, { recursive: true, force: true });
        throw toStowageError(error);
      }
      return reference;
    },
    start: async (reference, output) => {
      const directory = directoryOf(reference);
      const { request } = await readRecord(directory);
      if ((await runState(directory)).state !== 'created')
        throw new StowageError('wrong-state', 'This run was started before.', { subject: reference });
      await launch(directory, request, await bubblewrap());
      await dropSecrets(directory, { homeId, request });
      give(reference, output, 0);
    },
    follow: async (reference, output, kept) => {
      await readRecord(directoryOf(reference));
      give(reference, output, kept.stdout);
    },
    wait: async (reference, { signal } = {}) => {
      const directory = directoryOf(reference);
      await readRecord(directory);
      if ((await runState(directory)).state === 'created')
        throw new StowageError('wrong-state', 'This run was not started.', { subject: reference });
      const cancelled = new Promise<never>((_, reject) => {
        const abort = (): void => reject(new StowageError('cancelled', 'Waiting for the run was cancelled.', {}));
        if (signal?.aborted) abort();
        signal?.addEventListener('abort', abort, { once: true });
      });
      const ended = outputs.get(reference) ?? untilEnded(directory, Number.POSITIVE_INFINITY, signal);
      await Promise.race([ended, cancelled]);
      outputs.delete(reference);
      return runExit(directory);
    },
    stop: async (reference, { graceSeconds }) => {
      const directory = directoryOf(reference);
      if ((await runState(directory)).state === 'created') return;
      await signalRun(directory, 'SIGTERM', graceSeconds * 1000);
      while (await isRunning(directory)) await signalRun(directory, 'SIGKILL', 1000);
    },
    remove: async (reference) => {
      const directory = directoryOf(reference);
      if (await isRunning(directory)) await signalRun(directory, 'SIGKILL', 5000);
      outputs.delete(reference);
      await removeRun(directory);
    },
    find: () => findRuns(options.directory, homeId),
    // Other systems tell nothing of processes without a program of their own for it.
    ...(process.platform === 'linux' && createMeter(directoryOf)),
    ...createShellOpener(directoryOf),
    ...createPorts(directoryOf),
    close: async () => {
      closing.abort();
      await Promise.allSettled(outputs.values());
    },
  };
}

function statusMessage(available: boolean, isolated: boolean): string {
  if (!available) return 'Running commands on this machine is not available on Windows; use Docker.';
  if (isolated) return 'Commands run on this machine as you, with mounts at their targets.';
  return 'Commands run on this machine as you; mounts are links in the working directory, because bubblewrap is not usable here.';
}

/** Starts the supervisor; resolves when it has recorded itself. */
async function launch(directory: string, request: RunRequest, bubblewrap: string | null): Promise<void> {
  const files = runFiles(directory);
  const workdir = bubblewrap ? directory : (workPath(directory, request.workdir) ?? files.work);
  const home = bubblewrap ? request.workdir : workdir;
  const env: Record<string, string> = { PATH: defaultPath, LANG: 'C.UTF-8', HOME: home };
  const visibleGpus = request.gpus === null ? null : (await gpuAccess(request.gpus)).visible;
  if (visibleGpus !== null) env.CUDA_VISIBLE_DEVICES = visibleGpus;
  for (const { name, value } of request.env) env[name] = value;
  // HOME in the container's folder is the run's own folder where there is no mount namespace, and so are laid files.
  if (!bubblewrap) {
    env.HOME = workPath(directory, env.HOME ?? home) ?? env.HOME ?? home;
    const laid = new Set(request.files.map(({ path }) => path));
    for (const [name, value] of Object.entries(env)) if (laid.has(value)) env[name] = workPath(directory, value) ?? value;
  }
  await checkCommand(request.command[0] ?? '', {
    path: env.PATH ?? defaultPath,
    workdir: bubblewrap ? request.workdir : workdir,
    place: (path) => (bubblewrap ? placeOnMachine(request, path) : path),
  });
  let command = [...request.command];
  try {
    if (bubblewrap) {
      await writeFile(files.arguments, (await bubblewrapArguments(request, directory)).join('\0').concat('\0'), { mode: 0o600 });
      command = [bubblewrap, '--args', '4', '--', '/bin/sh', '-c', enteredScript, 'sh', ...command];
    }
    await (await open(files.begun, 'wx')).close();
    await spawnSupervisor({ directory, workdir, command, env, wrapped: bubblewrap !== null });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new StowageError('wrong-state', 'This run was started before.', { subject: directory });
    throw error;
  }
}

async function spawnSupervisor(run: {
  directory: string;
  workdir: string;
  command: readonly string[];
  env: Record<string, string>;
  wrapped: boolean;
}): Promise<void> {
  const output = await open(runFiles(run.directory).output, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', supervisorScript, 'sh', run.wrapped ? 'wrapped' : '', run.workdir, ...run.command], {
      cwd: run.directory,
      env: run.env,
      detached: true,
      stdio: ['ignore', output.fd, output.fd, 'pipe'],
    });
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      const ready = child.stdio[3];
      ready?.once('close', resolve);
      (ready as NodeJS.ReadableStream | null)?.resume();
    });
  } finally {
    await output.close();
  }
}

/** Where a path of the run lies on this machine: in the source of its nearest mount, or where it is. */
function placeOnMachine(request: RunRequest, path: string): string {
  const mount = request.binds
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  return mount ? join(mount.source, posix.relative(mount.target, path)) : path;
}

/** Not before it was started, and no more when it has ended, or was removed since. */
const isRunning = async (directory: string): Promise<boolean> => (await runState(directory)).state === 'running';

async function untilEnded(directory: string, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  const until = performance.now() + milliseconds;
  for (;;) {
    if (!(await isRunning(directory))) return true;
    if (performance.now() >= until || signal?.aborted) return false;
    await delay(lookMilliseconds);
  }
}

/**
 * Signals what runs below the supervisor, which itself lives on to note the exit status, and waits for the end. The
 * processes that bubblewrap keeps around the command are left out of SIGTERM: they would take the command with them.
 */
async function signalRun(directory: string, signal: 'SIGTERM' | 'SIGKILL', milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  const wrapped = (await readFile(runFiles(directory).arguments).catch(() => null)) !== null;
  for (let sent = false; !sent && performance.now() < until; ) {
    const { state, supervisor } = await runState(directory);
    if (state !== 'running') return;
    if (supervisor) {
      const table = await processTable();
      const below = descendants(table, supervisor.pid);
      const wrappers = wrapped && signal === 'SIGTERM' ? wrapperPids(below, supervisor.pid) : new Set<number>();
      const targets = below.filter(({ pid }) => !wrappers.has(pid));
      for (const { pid } of targets) signalProcess(pid, signal);
      sent = targets.length > 0;
    }
    if (!sent) await delay(lookMilliseconds);
  }
  await untilEnded(directory, Math.max(0, until - performance.now()));
}

async function runExit(directory: string): Promise<RunExit> {
  const { code, startedAt, endedAt, supervisor } = await runState(directory);
  const message =
    supervisor === null ? 'The run was cut off before it began.' : 'The run was killed, its exit code is not known.';
  return { code, oomKilled: false, startedAt, endedAt, message: code === null ? message : null };
}

async function findRuns(directory: string, homeId: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const reference of names.filter((name) => /^run-\d+$/.test(name))) {
    const record = await readRecord(join(directory, reference)).catch(() => null);
    if (record?.homeId !== homeId) continue;
    const { state } = await runState(join(directory, reference));
    found.push({ jobId: record.request.jobId, reference, state });
  }
  return found;
}
