import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { comparablePath, hostPathWithin, isFileSystemRoot, isHostPath } from '#shared/plan/host-path.ts';
import { waitAtMost } from '../waiting.ts';

/** What links to folders of this machine have to keep to. */
export interface LinkRules {
  /** Directories below which links may point, as the settings say now. */
  roots(): readonly string[];
  /** Stowage's own data directory. */
  readonly home: string;
}

/** A folder on a disk that hangs is given up after this. */
const patienceMs = 5000;
const kernelFolders = ['/proc', '/sys', '/dev'];

const platform = process.platform;
const within = (file: string, folder: string): boolean =>
  hostPathWithin(comparablePath(file, platform), comparablePath(folder, platform));

/**
 * An absolute path of this machine, as a link keeps it. @throws `bad-request`
 */
export function checkTargetPath(text: string): string {
  if (isHostPath(text) && !text.includes('\0')) return path.resolve(text);
  throw new StowageError('bad-request', `“${visible(text)}” is not an absolute path of this machine.`, {
    subject: text,
    hint: 'Begin it with “/” (on Windows with a drive).',
  });
}

/** Waits for what a disk answers; it is given up after a while, though the system's call goes on. @throws `host-unreachable` */
export const waitForDisk = <T>(work: Promise<T>, target: string): Promise<T> =>
  waitAtMost(work, patienceMs, () => {
    throw new StowageError('host-unreachable', `The disk that holds “${visible(target)}” does not answer.`, { subject: target });
  });

/**
 * Where the target of a link really lies now: a folder that can be read, inside one of the allowed roots, every symlink
 * on the way resolved. On a disk that hangs there is no end: see waitForDisk.
 * @throws `host-unreachable` when it is not there, `path-refused`, `not-a-directory`, `permission-denied`
 */
export async function resolveLinkTarget(target: string, rules: LinkRules): Promise<string> {
  const real = await realpath(target).catch((error: NodeJS.ErrnoException) => {
    throw unusable(target, error);
  });
  await refuseDangerous(target, real, rules.home);
  const roots = rules.roots();
  if (!(await isInsideOne(real, roots))) throw outsideRoots(target, real, roots);
  const found = await stat(real).catch((error: NodeJS.ErrnoException) => {
    throw unusable(target, error);
  });
  if (!found.isDirectory()) {
    throw new StowageError('not-a-directory', `“${visible(target)}” is not a folder; only folders can be linked.`, {
      subject: target,
    });
  }
  await access(real, constants.R_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw unusable(target, error);
  });
  return real;
}

function unusable(target: string, error: NodeJS.ErrnoException): StowageError {
  const subject = { subject: target, detail: error.message };
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new StowageError('permission-denied', `“${visible(target)}” may not be read by you.`, subject, { cause: error });
  }
  const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
  const why = missing ? 'is not there: it was moved, or its disk is not connected' : 'cannot be reached';
  return new StowageError('host-unreachable', `“${visible(target)}” ${why}.`, subject, { cause: error });
}

async function refuseDangerous(target: string, real: string, home: string): Promise<void> {
  const refuse = (why: string, hint: string): never => {
    throw new StowageError('path-refused', `${naming(target, real)} ${why}.`, { subject: target, hint });
  };
  if (isFileSystemRoot(comparablePath(real, platform)))
    refuse('is the whole file system of this machine', 'Link a folder in it.');
  if (platform === 'linux' && kernelFolders.some((folder) => within(real, folder)) && !within(real, '/dev/shm')) {
    refuse('is a folder of the kernel, not of files', 'Link a folder of files.');
  }
  for (const own of [home, await realpath(home).catch(() => home)]) {
    if (within(real, own)) refuse('lies in Stowage’s own data directory', 'Link another folder.');
    if (within(own, real)) refuse(`contains Stowage’s own data directory (${visible(own)})`, 'Link a folder further down.');
  }
}

/** Whether a real path lies in one of the roots, these resolved too. A root on a disk that hangs holds up no other. */
async function isInsideOne(real: string, roots: readonly string[]): Promise<boolean> {
  const inside = roots.map(async (root) => {
    if (!within(real, await realpath(root))) throw new Error('not inside');
  });
  return Promise.any(inside).then(
    () => true,
    () => false,
  );
}

function outsideRoots(target: string, real: string, roots: readonly string[]): StowageError {
  const allowed = roots.length === 0 ? 'none is allowed' : roots.map(visible).join(', ');
  return new StowageError(
    'path-refused',
    `${naming(target, real)} lies outside the folders that links may point to (${allowed}).`,
    {
      subject: target,
      hint: 'Add its folder to the link roots in the settings, or choose a folder inside one of them.',
    },
  );
}

const naming = (target: string, real: string): string =>
  within(target, real) && within(real, target)
    ? `“${visible(target)}”`
    : `“${visible(target)}” leads to “${visible(real)}”, which`;

/** Why a link cannot be used, as its badge says it: the sentence of the error. */
export const brokenBecause = (error: unknown): string | null =>
  isStowageError(error, 'cancelled') ? null : error instanceof Error ? error.message : String(error);
