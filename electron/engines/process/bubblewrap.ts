import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isWithin } from '#shared/paths.ts';

/** What bubblewrap is asked to show to one run. */
export interface Namespace {
  /** In the order in which they are mounted: parents before what lies in them. */
  readonly binds: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  readonly workdir: string;
  readonly network: boolean;
}

/** Given anew to every run. */
const ownPlaces = ['/proc', '/dev'];

/** Whether bubblewrap can make a namespace here: it may be missing, or forbidden to this user. */
export async function bubblewrapWorks(program: string): Promise<boolean> {
  try {
    await promisify(execFile)(program, ['--ro-bind', '/', '/', '--unshare-pid', '--proc', '/proc', 'true'], { timeout: 3000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * The arguments that show this machine read-only, with the binds at their targets. A folder of this machine that holds
 * a target is made anew and its other children are bound one by one, since nothing can be made in a read-only bind.
 */
export async function bubblewrapArguments({ binds, workdir, network }: Namespace): Promise<string[]> {
  const points = [...ownPlaces, ...binds.map((bind) => bind.target)];
  return [
    ...(await showFolder('/', points)),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...binds.flatMap(({ source, target, readOnly }) => [readOnly ? '--ro-bind' : '--bind', source, target]),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...(network ? [] : ['--unshare-net']),
    ...['--chdir', workdir, '--'],
  ];
}

async function showFolder(folder: string, points: readonly string[]): Promise<string[]> {
  const args: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (points.includes(path)) continue;
    const holdsPoint = points.some((point) => isWithin(point, path));
    if (entry.isSymbolicLink() && !holdsPoint) args.push('--symlink', await readlink(path), path);
    else if (holdsPoint) args.push('--dir', path, ...(await showFolder(path, points)));
    else args.push('--ro-bind-try', path, path);
  }
  return args;
}
