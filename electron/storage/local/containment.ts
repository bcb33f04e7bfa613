import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import type { NameRules } from '#shared/names.ts';
import { baseName, type InnerPath, parentPath, visible } from '#shared/paths.ts';
import { checkNames } from '../names.ts';
import { errnoOf } from './errno.ts';

/**
 * Keeps every access inside a root directory although symbolic links may be planted in it by others.
 *
 * Reading follows links while the real place lies inside the root. Changing (write, rename, remove, make a folder)
 * refuses every link on the way, so nothing is changed but under the name that was asked for.
 *
 * Node offers no `openat`: between the check and the use another program could put a link in place of a folder. Opened
 * files are therefore checked once more by their handle where the system tells (Linux), before a byte is read or
 * written; what remains of the race is that an empty folder or an empty temporary file could be made outside.
 */
export interface Containment {
  readonly root: string;
  /** The real root. @throws `host-unreachable` when it is missing */
  realRoot(): Promise<string>;
  /** The absolute path of an entry, its parent resolved and inside the root; the entry itself is not followed. */
  forStat(path: InnerPath): Promise<string>;
  /** The real path of an entry, followed to its end, inside the root. */
  forRead(path: InnerPath): Promise<string>;
  /** The absolute path of an entry to be changed: no link on the way. With `make`, missing parents are made. */
  forChange(path: InnerPath, make: boolean): Promise<string>;
  /** Makes a folder and its parents; returns its absolute path. */
  makeFolder(path: InnerPath): Promise<string>;
  /** @throws `path-refused` when the open file lies outside the root */
  checkHandle(handle: FileHandle, path: InnerPath): Promise<void>;
}

const outside = (path: InnerPath): StowageError =>
  new StowageError('path-refused', `“${visible(path)}” is refused: a symbolic link leads out of its storage host.`, {
    subject: path,
  });

const throughLink = (path: InnerPath, link: string): StowageError =>
  new StowageError(
    'path-refused',
    `“${visible(path)}” is refused: “${visible(link)}” is a symbolic link, and nothing is changed through one.`,
    {
      subject: path,
      hint: 'Open the folder where the link leads to and make the change there.',
    },
  );

export function createContainment(root: string, rules: NameRules): Containment {
  let real: Promise<string> | null = null;
  const realRoot = (): Promise<string> => {
    real ??= realpath(root).catch((error: unknown) => {
      real = null;
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw missingRoot(root, error);
    });
    return real;
  };
  const inside = async (place: string, path: InnerPath): Promise<string> => {
    const base = await realRoot();
    if (place !== base && !place.startsWith(base.endsWith(sep) ? base : base + sep)) throw outside(path);
    return place;
  };

  /** The real path of a folder that is to be changed, refusing links on the way. */
  const changeable = async (folder: InnerPath, path: InnerPath): Promise<string> => {
    const base = await realRoot();
    const plain = join(base, folder);
    const place = await realpath(plain);
    if (place === plain) return place;
    // Another spelling (case, normalisation) or a link: only looking at each step tells.
    await refuseLinks(base, folder, path);
    return inside(place, path);
  };

  const makeFolder = async (folder: InnerPath, path: InnerPath): Promise<string> => {
    try {
      return await changeable(folder, path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    const base = await realRoot();
    await lstat(base).catch((error: unknown) => {
      throw missingRoot(root, error);
    });
    checkNames(folder, rules);
    await refuseLinks(base, folder, path);
    await mkdir(join(base, folder), { recursive: true });
    return changeable(folder, path);
  };

  return {
    root,
    realRoot,
    forStat: async (path) => {
      const base = await realRoot();
      if (path === '') return base;
      const parent = await realpath(join(base, parentPath(path)));
      return join(await inside(parent, path), baseName(path));
    },
    forRead: async (path) => inside(await realpath(join(await realRoot(), path)), path),
    forChange: async (path, make) => {
      if (make) checkNames(baseName(path) as InnerPath, rules);
      const parent = parentPath(path);
      return join(await (make ? makeFolder(parent, path) : changeable(parent, path)), baseName(path));
    },
    makeFolder: (path) => makeFolder(path, path),
    checkHandle: async (handle, path) => {
      if (process.platform !== 'linux') return;
      await inside(await readlink(`/proc/self/fd/${handle.fd}`), path);
    },
  };
}

export function missingRoot(root: string, cause: unknown): StowageError {
  return new StowageError(
    'host-unreachable',
    `The folder “${visible(root)}” of the storage host is missing.`,
    { subject: root, hint: 'Connect the disk that holds it, or make the folder again.' },
    { cause },
  );
}

/** @throws `path-refused` naming the first link among the steps from `base` to `folder` */
async function refuseLinks(base: string, folder: InnerPath, path: InnerPath): Promise<void> {
  let step = '';
  for (const segment of folder.split('/')) {
    step = step === '' ? segment : `${step}/${segment}`;
    try {
      if ((await lstat(join(base, step))).isSymbolicLink()) throw throughLink(path, step);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
  }
}
