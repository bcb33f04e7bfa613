import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import type { RunRequest } from '../engine.ts';
import { linkPlaceTaken } from '../laid.ts';
import { findProcess } from './processes.ts';

/** Where a container's jobs work; without a mount namespace it becomes the run's own folder. */
export const containerHome = '/home/work';

/** What is kept of a run: everything that is needed to start it, also by the app's next start. */
export interface RunRecord {
  readonly homeId: string;
  readonly request: RunRequest;
}

/** The files of a run; `started` and `exit` are written by the supervisor, and count once they end in a newline. */
export const runFiles = (directory: string) => ({
  record: join(directory, 'run.json'),
  begun: join(directory, 'begun'),
  started: join(directory, 'started'),
  exit: join(directory, 'exit'),
  output: join(directory, 'output'),
  arguments: join(directory, 'arguments'),
  work: join(directory, 'work'),
});

export interface RunState {
  readonly state: 'created' | 'running' | 'ended';
  readonly supervisor: { readonly pid: number; readonly begun: string } | null;
  readonly code: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A start that was cut off between its mark and the supervisor's record counts as ended after this. */
const startMilliseconds = 10_000;

async function readLine(path: string): Promise<{ text: string; at: number } | null> {
  try {
    const [text, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return text.endsWith('\n') ? { text: text.trim(), at: facts.mtimeMs } : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** How a run stands, from its files and the process table. */
export async function runState(directory: string): Promise<RunState> {
  const files = runFiles(directory);
  const begun = await stat(files.begun).catch(() => null);
  if (!begun) return { state: 'created', supervisor: null, code: null, startedAt: null, endedAt: null };
  const started = await readLine(files.started);
  if (!started) {
    const state = Date.now() - begun.mtimeMs > startMilliseconds ? 'ended' : 'running';
    return { state, supervisor: null, code: null, startedAt: null, endedAt: null };
  }
  const space = started.text.indexOf(' ');
  const supervisor = { pid: Number(started.text.slice(0, space)), begun: started.text.slice(space + 1) };
  const alive = await findProcess(supervisor.pid, supervisor.begun);
  const exit = await readLine(files.exit);
  return {
    state: alive ? 'running' : 'ended',
    supervisor,
    code: exit ? Number(exit.text) : null,
    startedAt: started.at,
    endedAt: alive ? null : (exit?.at ?? null),
  };
}

/** @throws `not-found` when nothing is kept of it */
export async function readRecord(directory: string): Promise<RunRecord> {
  try {
    const { homeId, request } = JSON.parse(await readFile(runFiles(directory).record, 'utf8')) as RunRecord;
    // Runs that were made before there were links and files know none; the contents of files are not kept.
    const files = (request.files ?? []).map((file) => ({ ...file, content: new Uint8Array(0) }));
    return { homeId, request: { ...request, links: request.links ?? [], files } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new StowageError('not-found', 'The directory of this run is no longer there.', { subject: directory });
  }
}

/** Made whole or not at all: the record is the last to appear. What is in files is not in it. */
export async function writeRecord(directory: string, { homeId, request }: RunRecord): Promise<void> {
  const files = request.files.map((file) => ({ ...file, content: [] }));
  const { record: path, output } = runFiles(directory);
  await (await open(output, 'a', 0o600)).close();
  // It holds the run's environment, so nobody else may read it.
  await writeFile(`${path}.new`, JSON.stringify({ homeId, request: { ...request, files } }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Gone as a whole, or still known as a run: the record is the last to go, so that a removal that was cut off is made again. */
export async function removeRun(directory: string): Promise<void> {
  const { record } = runFiles(directory);
  const paths = (await readdir(directory).catch(() => [])).map((name) => join(directory, name));
  for (const path of paths) if (path !== record) await rm(path, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

/** A run that was started needs its secret variables no more: nothing of them stays on the disk. */
export async function dropSecrets(directory: string, { homeId, request }: RunRecord): Promise<void> {
  if (!request.env.some(({ secret }) => secret)) return;
  await writeRecord(directory, { homeId, request: { ...request, env: request.env.filter(({ secret }) => !secret) } });
}

/** A path of the run as it lies in the run's own folder, or null outside of /home/work. */
export function workPath(directory: string, path: string): string | null {
  const resolved = posix.resolve(containerHome, path);
  if (resolved !== containerHome && !resolved.startsWith(`${containerHome}/`)) return null;
  return join(runFiles(directory).work, posix.relative(containerHome, resolved));
}

/** Takes the place of what is there, a link included. */
export async function writeLaidFile(path: string, { mode, content }: RunRequest['files'][number]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await writeFile(path, content, { mode, flag: 'wx' });
  // Whatever this process keeps from others by default.
  await chmod(path, mode);
}

/** Without a mount namespace: files, and mounts and symlinks as links in the run's own folder. @throws `mount-failed` */
export async function layOutLinks(directory: string, request: RunRequest): Promise<void> {
  await mkdir(runFiles(directory).work, { recursive: true });
  const place = (path: string): string => {
    const inWork = workPath(directory, path);
    if (inWork) return inWork;
    throw new StowageError('mount-failed', `“${path}” cannot be given on this machine without bubblewrap.`, {
      subject: path,
      hint: `Install bubblewrap, use Docker, or choose a place in ${containerHome}.`,
    });
  };
  for (const { path } of request.directories) if (workPath(directory, path)) await mkdir(place(path), { recursive: true });
  await mkdir(place(request.workdir), { recursive: true });
  const nested = request.binds.find(({ target }) =>
    request.binds.some((other) => target !== other.target && target.startsWith(`${other.target}/`)),
  );
  if (nested)
    throw new StowageError('mount-failed', `“${nested.target}” lies in another mount, which needs bubblewrap here.`, {
      subject: nested.target,
      hint: 'Install bubblewrap, use Docker, or mount it elsewhere.',
    });
  for (const file of request.files) await writeLaidFile(place(file.path), file);
  for (const { source, target } of request.binds) {
    const link = place(target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(source, link);
  }
  for (const { path, target } of request.links) {
    const link = place(path);
    await mkdir(dirname(link), { recursive: true });
    await symlink(workPath(directory, target) ?? target, link).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? linkPlaceTaken(path) : error;
    });
  }
}
