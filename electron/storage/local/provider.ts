import { opendirSync, statSync } from 'node:fs';
import { lstat, mkdir, opendir, readlink, rename, rmdir, statfs, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import type { NameRules } from '#shared/names.ts';
import { baseName, type InnerPath, isWithin, visible } from '#shared/paths.ts';
import { checkSignal } from '../bodies.ts';
import { hostFolder } from '../host-folder.ts';
import type { PropertiesCapable } from '../properties.ts';
import type {
  CallOptions,
  LocalPathCapable,
  RenameCapable,
  ResumableWriteCapable,
  SpaceCapable,
  StorageEntry,
  StorageProvider,
} from '../provider.ts';
import { type Containment, createContainment, missingRoot } from './containment.ts';
import { entryAt, listDirectory, partPrefix } from './entries.ts';
import { errnoOf, fromErrno, withErrno } from './errno.ts';
import { localProperties } from './properties.ts';
import { readLocal } from './read.ts';
import { changed, moveWithoutOverwriting, openLocalWrite, writeLocal } from './write.ts';

export type LocalProvider = StorageProvider &
  RenameCapable &
  LocalPathCapable &
  SpaceCapable &
  ResumableWriteCapable &
  PropertiesCapable;

/**
 * A directory of this machine as a storage host. The directory itself is never made: when it is missing (its disk is
 * not there), calls fail with `host-unreachable`. How links are dealt with: containment.ts.
 */
export function createLocalProvider(root: string, options: { readOnly?: boolean } = {}): LocalProvider {
  const nameRules: NameRules = { maxSegmentBytes: 255, windows: process.platform === 'win32' };
  const containment = createContainment(root, nameRules);
  let caseSensitive: boolean | null = null;
  const change = async <T>(path: InnerPath, work: () => Promise<T>): Promise<T> => {
    if (options.readOnly) throw new StowageError('read-only', `“${visible(root)}” is read-only for Stowage.`, { subject: path });
    return withErrno(path, work);
  };
  return {
    kind: 'local',
    nameRules,
    get caseSensitive() {
      caseSensitive ??= detectCaseSensitivity(root);
      return caseSensitive;
    },
    features: {
      rename: true,
      localPath: true,
      resumableWrite: true,
      space: true,
      emptyDirectories: true,
      modifiedTimes: true,
      listedTimes: true,
      copy: false,
      impliedFolders: false,
      containers: false,
      verifiedWrites: false,
      properties: true,
      editProperties: false,
      shareUrl: false,
    },
    list: (folder, call) => list(containment, folder, call),
    stat: (path, call = {}) =>
      withErrno(path, () => {
        checkSignal(call.signal);
        return lookUp(path, async () => entryAt(await containment.forStat(path), path));
      }),
    properties: (path, call = {}) =>
      withErrno(path, () => {
        checkSignal(call.signal);
        return lookUp(path, async () => localProperties(await containment.forStat(path), join(root, path), path));
      }),
    read: (path, call = {}) => withErrno(path, () => lookUp(path, () => readLocal(containment, path, call))),
    write: (path, body, call = {}) =>
      change(path, () => {
        checkNewName(path);
        return writeLocal(containment, path, body, call);
      }),
    makeDirectory: (path, call = {}) =>
      change(path, async () => {
        checkSignal(call.signal);
        checkNewName(path);
        await makeDirectory(containment, path);
      }),
    remove: (path, call = {}) =>
      change(path, () => {
        checkSignal(call.signal);
        return lookUp(path, () => remove(containment, path, call.etag));
      }),
    rename: (from, to, call = {}) =>
      change(from, () => {
        checkSignal(call.signal);
        return renameLocal(containment, from, to);
      }),
    localPath: (path) => join(root, path),
    space: () =>
      withErrno(root, async () => {
        const { bsize, bavail, blocks } = await statfs(root);
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      }),
    openWrite: (path, key) =>
      change(path, () => {
        checkNewName(path);
        return openLocalWrite(containment, path, key);
      }),
    close: async () => undefined,
  };
}

async function* list(
  containment: Containment,
  folder: InnerPath,
  call: CallOptions = {},
): AsyncGenerator<readonly StorageEntry[]> {
  try {
    checkSignal(call.signal);
    const place = folder === '' ? await containment.realRoot() : await lookUp(folder, () => containment.forRead(folder));
    yield* listDirectory(place, folder, call.signal);
  } catch (error) {
    throw folder === '' && errnoOf(error) === 'ENOENT' ? missingRoot(containment.root, error) : fromErrno(error, folder);
  }
}

/** Below a file there is nothing: for lookups the system's ENOTDIR means `not-found`. */
async function lookUp<T>(path: InnerPath, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    throw new StowageError('not-found', `“${visible(path)}” does not exist.`, { subject: path }, { cause: error });
  }
}

/** @throws `name-reserved` for names that listings hide, `bad-request` for the root */
function checkNewName(path: InnerPath): void {
  if (path.split('/').some((segment) => segment.startsWith(partPrefix))) {
    throw new StowageError('name-reserved', `Names that begin with “${partPrefix}” are kept for unfinished writes.`, {
      subject: path,
    });
  }
}

async function makeDirectory(containment: Containment, path: InnerPath): Promise<void> {
  if (path === '') {
    await containment.realRoot();
    return;
  }
  let place: string;
  try {
    place = await containment.makeFolder(path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw notDirectory(path, error);
  }
  if (!(await lstat(place)).isDirectory()) throw notDirectory(path);
}

const notDirectory = (path: InnerPath, cause?: unknown): StowageError =>
  new StowageError('not-a-directory', `“${visible(path)}” is a file, not a folder.`, { subject: path }, { cause });

const refuseRoot = (path: InnerPath): void => {
  if (path !== '') return;
  throw new StowageError('bad-request', 'The folder of the storage host itself cannot be changed.', { subject: path });
};

async function remove(containment: Containment, path: InnerPath, etag: string | undefined): Promise<void> {
  refuseRoot(path);
  const place = await containment.forChange(path, false);
  const entry = await entryAt(place, path);
  if (etag !== undefined && entry.etag !== etag) throw changed(path);
  if (entry.kind !== 'directory') return unlink(place);
  try {
    await rmdir(place);
  } catch (error) {
    // POSIX lets a system answer either to a folder that is not empty.
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    if (await removeAbandoned(place)) return rmdir(place);
    throw new StowageError('not-empty', `The folder “${visible(path)}” is not empty.`, { subject: path }, { cause: error });
  }
}

const abandonedAfterMs = 10 * 60_000;

/**
 * Removes the unfinished writes in a folder that holds nothing else, so that a folder that looks empty can be removed
 * after a crash. False when there is anything else, or one that was written to in the last minutes.
 */
async function removeAbandoned(place: string): Promise<boolean> {
  const parts: string[] = [];
  for await (const { name } of await opendir(place)) {
    const part = join(place, name);
    if (!name.startsWith(partPrefix) || (await lstat(part)).mtimeMs > Date.now() - abandonedAfterMs) return false;
    parts.push(part);
  }
  for (const part of parts) await unlink(part);
  return true;
}

/**
 * Renames without ever overwriting, which Node's `rename` alone cannot (there is no RENAME_NOREPLACE): files by hard
 * link, links by a new link, folders onto an empty folder made just before, which the system replaces in one step. A
 * crash between the two steps can leave a file under both names, or an empty folder under the new one; nothing is lost.
 */
async function renameLocal(containment: Containment, from: InnerPath, to: InnerPath): Promise<void> {
  refuseRoot(from);
  refuseRoot(to);
  checkNewName(to);
  const source = await lookUp(from, () => containment.forChange(from, false));
  const stats = await lstat(source);
  if (from !== to && isWithin(to, from)) {
    throw new StowageError('bad-request', `“${visible(from)}” cannot be moved into itself.`, { subject: to });
  }
  const target = await containment.forChange(to, true);
  const there = await lstat(target).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (there) {
    const otherSpelling = source !== target && there.ino === stats.ino && there.dev === stats.dev && stats.nlink === there.nlink;
    if (otherSpelling && source.toLowerCase() === target.toLowerCase()) return rename(source, target);
    throw exists(to);
  }
  try {
    if (stats.isDirectory()) await renameDirectory(source, target);
    else if (stats.isSymbolicLink()) await renameLink(source, target);
    else await moveWithoutOverwriting(source, target);
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTEMPTY' ? exists(to, error) : fromErrno(error, from);
  }
}

const exists = (path: InnerPath, cause?: unknown): StowageError =>
  new StowageError('exists', `“${visible(baseName(path))}” exists already.`, { subject: path }, { cause });

async function renameDirectory(source: string, target: string): Promise<void> {
  // Windows renames onto nothing that exists, and by itself never overwrites.
  if (process.platform === 'win32') return rename(source, target);
  await mkdir(target);
  try {
    await rename(source, target);
  } catch (error) {
    await rmdir(target).catch(() => undefined);
    throw error;
  }
}

async function renameLink(source: string, target: string): Promise<void> {
  await symlink(await readlink(source), target);
  await unlink(source);
}

/** Whether a name in other case is another name: asked of the root itself, else the platform's habit. */
function detectCaseSensitivity(root: string): boolean {
  const usual = process.platform !== 'darwin' && process.platform !== 'win32';
  try {
    const name = statSync(join(root, hostFolder), { throwIfNoEntry: false }) ? hostFolder : anyNameWithLetters(root);
    if (name === null) return usual;
    const swapped = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
    const one = statSync(join(root, name), { throwIfNoEntry: false });
    const other = statSync(join(root, swapped), { throwIfNoEntry: false });
    return !(one && other && one.ino === other.ino && one.dev === other.dev);
  } catch {
    return usual;
  }
}

function anyNameWithLetters(root: string): string | null {
  const directory = opendirSync(root);
  try {
    for (let looked = 0; looked < 100; looked++) {
      const entry = directory.readSync();
      if (!entry) return null;
      if (/[a-z]/i.test(entry.name)) return entry.name;
    }
    return null;
  } finally {
    directory.closeSync();
  }
}
