import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { StowageError } from '#shared/errors.ts';
import { findProgram } from '../../find-program.ts';
import type { RunRequest } from '../engine.ts';
import { gpuAccess } from '../gpus.ts';
import { linkPlaceTaken } from '../laid.ts';
import { writeLaidFile } from './run-directory.ts';

const run = promisify(execFile);

/**
 * A `/dev` of its own, as bubblewrap's `--dev` makes it, but with the terminals of this machine. For terminals of their own
 * bubblewrap wraps the command of a user who is not root in a second user namespace, and nobody gets into the others of a
 * run from there: no shell could be opened in it.
 */
const devices = [
  ...['--tmpfs', '/dev', '--tmpfs', '/dev/shm'],
  ...['null', 'zero', 'full', 'random', 'urandom', 'tty', 'pts'].flatMap((name) => [
    '--dev-bind-try',
    `/dev/${name}`,
    `/dev/${name}`,
  ]),
  ...[...['stdin', 'stdout', 'stderr'].entries()].flatMap(([fd, name]) => ['--symlink', `/proc/self/fd/${fd}`, `/dev/${name}`]),
  ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', 'pts/ptmx', '/dev/ptmx'],
];

/** The program, when it is there and namespaces are allowed here; else null: mounts are then laid out as links. */
export async function findBubblewrap(): Promise<string | null> {
  const program = await findProgram('bwrap');
  if (program === null) return null;
  try {
    await run(program, ['--ro-bind', '/', '/', '--unshare-pid', '--proc', '/proc', ...devices, 'true'], { timeout: 5_000 });
    return program;
  } catch {
    return null;
  }
}

/** Places that the namespace makes anew; what lies below them is made on demand. */
const fresh = ['/proc', '/dev', '/tmp'];
const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);

interface Place {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/**
 * Arguments for a mount namespace in which this machine's files are seen read-only and the run's mounts lie at their
 * targets. A target that is not there needs its nearest existing folder made anew ("exploded"): an empty one in
 * memory, whose entries are bound back one by one.
 * @throws `mount-failed`
 */
export async function bubblewrapArguments(request: RunRequest, runDirectory: string): Promise<string[]> {
  const places = await allPlaces(request, runDirectory);
  const args: string[] = [];
  const exploded = new Set<string>();
  for (const { target } of places) {
    if (fresh.some((folder) => isBelow(target, folder))) continue;
    if (places.some((other) => other.target !== target && isBelow(target, other.target))) continue;
    const nearest = await nearestExisting(target);
    if (nearest !== target) exploded.add(nearest);
  }
  const links = await Promise.all(request.links.map((link) => placeLink(link, places, runDirectory)));
  for (const { makes } of links) if (makes !== null) exploded.add(makes);
  if (!exploded.has('/')) args.push('--ro-bind', '/', '/');
  for (const folder of [...exploded].sort((a, b) => a.length - b.length)) args.push(...(await explode(folder)));
  args.push('--proc', '/proc', ...devices, '--tmpfs', '/tmp');
  if (request.gpus !== null) for (const file of (await gpuAccess(request.gpus)).files) args.push('--dev-bind', file, file);
  for (const { source, target, readOnly } of places) args.push(readOnly ? '--ro-bind' : '--bind', source, target);
  for (const { target, path } of links) args.push('--symlink', target, path);
  for (const folder of exploded) args.push('--remount-ro', folder);
  args.push('--unshare-pid', '--die-with-parent', ...(request.network ? [] : ['--unshare-net']), '--chdir', request.workdir);
  return args;
}

/** Writes the files of a run into its own directories. @throws `mount-failed` for one that lies in none of them */
export async function layFilesInPlaces(request: RunRequest, runDirectory: string): Promise<void> {
  if (request.files.length === 0) return;
  const places = await allPlaces(request, runDirectory);
  for (const file of request.files) {
    const target = await realTarget(file.path);
    const own = places.findLast((place) => isBelow(target, place.target) && place.source.startsWith(`${runDirectory}/`));
    if (!own)
      throw new StowageError('mount-failed', `The file “${file.path}” cannot be laid on this machine itself.`, {
        subject: file.path,
        hint: 'Use Docker, or run the job without dotfiles.',
      });
    await writeLaidFile(join(own.source, posix.relative(own.target, target)), file);
  }
}

/** Binds and writable directories at their real targets, parents first. */
async function allPlaces(request: RunRequest, runDirectory: string): Promise<Place[]> {
  const places: Place[] = [];
  const targets = new Set(request.binds.map(({ target }) => posix.resolve('/', target)));
  const directories = [...request.directories.map(({ path }) => path)];
  if (![...targets, ...directories].some((path) => isBelow(request.workdir, path))) directories.push(request.workdir);
  for (const [index, path] of directories.entries()) {
    const target = await realTarget(path);
    const inOther = [...targets, ...directories.slice(0, index)].some((other) => isBelow(target, other));
    const source = join(runDirectory, 'directories', String(index));
    if (!inOther) {
      await mkdir(source, { recursive: true, mode: 0o755 });
      places.push({ source, target, readOnly: false });
    } else if (!targets.has(target)) {
      const parent = places.find((place) => isBelow(target, place.target) && place.source.startsWith(runDirectory));
      if (parent) await mkdir(join(parent.source, posix.relative(parent.target, target)), { recursive: true });
    }
  }
  for (const { source, target, readOnly } of request.binds) {
    places.push({ source: await realpath(source), target: await realTarget(target), readOnly });
  }
  places.sort((a, b) => a.target.split('/').length - b.target.split('/').length);
  await checkNested(places);
  return places;
}

/** Where a link is made, and the folder that must be made anew for it, unless the run has one of its own there. */
async function placeLink(
  { path, target }: RunRequest['links'][number],
  places: readonly Place[],
  runDirectory: string,
): Promise<{ path: string; target: string; makes: string | null }> {
  const real = await realTarget(posix.dirname(posix.resolve('/', path)));
  const at = posix.join(real, posix.basename(path));
  const own = places.some((place) => isBelow(at, place.target) && place.source.startsWith(`${runDirectory}/`));
  if (own || fresh.some((folder) => isBelow(at, folder))) return { path: at, target, makes: null };
  if (await lstat(at).catch(() => null)) throw linkPlaceTaken(path);
  return { path: at, target, makes: await nearestExisting(real) };
}

/** A target below a read-only mount must be there already: it could only be made in the mount's source. */
async function checkNested(places: readonly Place[]): Promise<void> {
  for (const { target } of places) {
    const parent = places.findLast((place) => place.target !== target && isBelow(target, place.target));
    if (!parent?.readOnly) continue;
    const inside = join(parent.source, posix.relative(parent.target, target));
    if (!(await stat(inside).catch(() => null)))
      throw new StowageError(
        'mount-failed',
        `“${target}” cannot be mounted: it lies in the read-only mount “${parent.target}”.`,
        {
          subject: target,
          hint: 'Make the folder in the source of that mount, or mount it read-write.',
        },
      );
  }
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = posix.dirname(at)) {
    if (at === '/' || (await lstat(at).catch(() => null))) return at;
  }
}

/** The target with the links on its existing part resolved, since a link is no place to mount on. */
async function realTarget(path: string): Promise<string> {
  const target = posix.resolve('/', path);
  const nearest = await nearestExisting(target);
  const real = await realpath(nearest).catch(() => nearest);
  return posix.join(real, posix.relative(nearest, target));
}

async function explode(folder: string): Promise<string[]> {
  const args = folder === '/' ? [] : ['--tmpfs', folder];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (fresh.includes(path)) continue;
    if (entry.isSymbolicLink()) args.push('--symlink', await readlink(path), path);
    else args.push('--ro-bind-try', path, path);
  }
  return args;
}
