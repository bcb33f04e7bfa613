import { mkdir, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import { isWithin } from '#shared/paths.ts';
import type { RunExit, RunRequest } from '../engine.ts';
import { isSupervisor } from './supervisor.ts';

/** Where a job finds itself; without a namespace it is a folder of the run directory. */
export const workHome = '/home/work';

/**
 * What is kept of one run: `request.json`, `output` (both streams), `started` (made once), `pid`, `exit`, and the folders
 * `work` (the job's home), `tmp` and `dirs`.
 */
export interface RunDirectory {
  readonly path: string;
  readonly outputFile: string;
  readonly work: string;
  readonly tmp: string;
}

export const runDirectory = (parent: string, reference: string): RunDirectory => {
  const path = join(parent, reference);
  return { path, outputFile: join(path, 'output'), work: join(path, 'work'), tmp: join(path, 'tmp') };
};

/** Makes the directory with its request; what is there already is kept, so that a second call finds the first one's. */
export async function makeRunDirectory(run: RunDirectory, request: RunRequest): Promise<void> {
  for (const folder of [run.path, run.work, run.tmp]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(run.path, 'request.json'), JSON.stringify(request), { flag: 'wx', mode: 0o600 }).catch(ignoreExisting);
  await (await open(run.outputFile, 'a', 0o600)).close();
}

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST') throw error;
};

export async function readRequest(run: RunDirectory): Promise<RunRequest> {
  try {
    return JSON.parse(await readFile(join(run.path, 'request.json'), 'utf8')) as RunRequest;
  } catch (error) {
    throw new StowageError('not-found', 'The run directory of this job is gone.', { subject: run.path }, { cause: error });
  }
}

/** Where a path of the job lies on this machine when there is no namespace; null when it cannot be had. */
export function laidOutPath(run: RunDirectory, target: string): string | null {
  if (target === workHome) return run.work;
  return isWithin(target, workHome) ? join(run.work, target.slice(workHome.length + 1)) : null;
}

/**
 * Lays the mounts out as symlinks under the run directory, for a machine without bubblewrap.
 * @throws StowageError `mount-failed` for a target outside the job's home, or inside another mount
 */
export async function layOutMounts(run: RunDirectory, request: RunRequest): Promise<void> {
  const binds = request.binds.toSorted((a, b) => a.target.length - b.target.length);
  for (const { source, target } of binds) {
    const place = laidOutPath(run, target);
    const parent = binds.find((other) => other.target !== target && isWithin(target, other.target));
    if (place === null || place === run.work || parent) {
      const why = parent
        ? `it lies in the mount “${parent.target}”`
        : `only places below ${workHome} can be had without bubblewrap`;
      throw new StowageError('mount-failed', `“${target}” cannot be mounted on this machine: ${why}.`, {
        subject: target,
        hint: 'Install bubblewrap (package “bubblewrap”), use Docker, or choose another target.',
      });
    }
    await mkdir(dirname(place), { recursive: true });
    await symlink(source, place).catch(ignoreExisting);
  }
  for (const { path } of request.directories) {
    const place = laidOutPath(run, path);
    if (place) await mkdir(place, { recursive: true });
  }
}

export type RunState = { state: 'created' } | { state: 'running'; supervisor: number } | { state: 'ended'; exit: RunExit };

/** What has become of a run, from its files and the process table. */
export async function readState(run: RunDirectory): Promise<RunState> {
  const started = await stat(join(run.path, 'started')).catch(() => null);
  if (!started) return { state: 'created' };
  const before = await readExit(run, started.birthtimeMs);
  if (before) return { state: 'ended', exit: before };
  const supervisor = await readSupervisor(run, started.birthtimeMs);
  if (supervisor > 0 && (await isSupervisor(supervisor, run.path))) return { state: 'running', supervisor };
  // It may have written its exit and ended between the two looks.
  const after = await readExit(run, started.birthtimeMs);
  const message =
    'The process ended without leaving its exit code: it was killed together with its supervisor, or the machine restarted.';
  return {
    state: 'ended',
    exit: after ?? { code: null, oomKilled: false, startedAt: started.birthtimeMs, endedAt: null, message },
  };
}

/** The supervisor writes its id first of all; a run that was started just now may not have got to it. */
async function readSupervisor(run: RunDirectory, startedAt: number): Promise<number> {
  for (;;) {
    const pid = Number(await readFile(join(run.path, 'pid'), 'utf8').catch(() => '0'));
    if (pid > 0 || Date.now() - startedAt > 5000) return pid;
    await setTimeout(10);
  }
}

async function readExit(run: RunDirectory, startedAt: number): Promise<RunExit | null> {
  const file = join(run.path, 'exit');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const { mtimeMs } = await stat(file);
  return { code: Number(text), oomKilled: false, startedAt: Math.round(startedAt), endedAt: Math.round(mtimeMs), message: null };
}

/** Writes down the exit of a run whose supervisor was killed too. */
export const writeExit = (run: RunDirectory, code: number): Promise<void> =>
  writeFile(join(run.path, 'exit'), `${code}\n`, { flag: 'wx' }).catch(ignoreExisting);

export const removeRun = (run: RunDirectory): Promise<void> => rm(run.path, { recursive: true, force: true });
