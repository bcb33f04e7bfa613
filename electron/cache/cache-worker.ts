import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { DiskAnswer, DiskOrder, DiskWork, StepError } from './cache-thread.ts';

/** Steps on the disk of the cache, with blocking calls; see cache-thread.ts. */
parentPort?.on('message', ({ id, work }: DiskOrder) => {
  parentPort?.postMessage({ id, results: resultsOf(work) } satisfies DiskAnswer);
});

/** Objects are never written again. */
const objectMode = (executable: boolean): number => (executable ? 0o555 : 0o444);

function resultsOf(work: DiskWork): (StepError | null)[] {
  switch (work.kind) {
    case 'land':
      return work.items.map((item) => attempt(() => land(item)));
    case 'adopt':
      return work.items.map(({ from, object, executable, to }) =>
        attempt(() => {
          chmodSync(from, objectMode(executable));
          intoFolder(object, () => renameSync(from, object));
          linkOrRemove(object, to);
        }),
      );
    case 'link':
      return work.items.map(({ object, to }) => attempt(() => link(object, to)));
    case 'symlink':
      return work.items.map(({ target, to }) => attempt(() => intoFolder(to, () => symlinkSync(target, to))));
    case 'folder':
      return work.items.map(({ to, mode }) =>
        attempt(() => {
          mkdirSync(to, { recursive: true });
          chmodSync(to, mode);
        }),
      );
    case 'copy':
      return work.items.map(({ from, to, mode }) => attempt(() => copy(from, to, mode)));
    case 'check':
      return work.items.map(({ path, bytes }) =>
        attempt(() => {
          if (lstatSync(path).size !== bytes) throw new Error('another size');
        }),
      );
    case 'remove':
      return work.items.map(({ path }) => attempt(() => remove(path)));
  }
}

function attempt(step: () => void): StepError | null {
  try {
    step();
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Makes the folder only when it turns out to be missing: most files lie beside another. */
function intoFolder(path: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true });
    step();
  }
}

function land({ object, content, modified, executable, to }: Extract<DiskWork, { kind: 'land' }>['items'][number]): void {
  let file = -1;
  intoFolder(object, () => {
    file = openSync(object, 'wx', objectMode(executable));
  });
  try {
    for (let done = 0; done < content.length; ) done += writeSync(file, content, done, content.length - done);
    // Whatever the user's mask: it is read by the user of the job.
    fchmodSync(file, objectMode(executable));
    if (modified !== null) futimesSync(file, modified / 1000, modified / 1000);
  } catch (error) {
    closeSync(file);
    unlinkSync(object);
    throw error;
  }
  closeSync(file);
  linkOrRemove(object, to);
}

/** An object that cannot be linked is not kept: nobody would know of it. */
function linkOrRemove(object: string, to: string | null): void {
  if (to === null) return;
  try {
    link(object, to);
  } catch (error) {
    unlinkSync(object);
    throw error;
  }
}

/** A second name for the object; where there may be none (another file system, too many), a copy. */
function link(object: string, to: string): void {
  intoFolder(to, () => {
    try {
      linkSync(object, to);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && ['EMLINK', 'EPERM', 'EXDEV', 'ENOTSUP'].includes(String(error.code))))
        throw error;
      copyFileSync(object, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    }
  });
}

function copy(from: string, to: string, mode: number): void {
  const { atime, mtime, mode: original } = lstatSync(from);
  intoFolder(to, () => copyFileSync(from, to, constants.COPYFILE_FICLONE));
  chmodSync(to, mode | (original & 0o111));
  utimesSync(to, atime, mtime);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return;
    // A folder: systems answer either.
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
    rmSync(path, { recursive: true, force: true });
  }
}
