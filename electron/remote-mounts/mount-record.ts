import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeOwnerOnly } from '../rpc/owner-only.ts';

/** What is known of a mount beyond the life of this process; no secret is in it. */
const recordSchema = z.object({
  jobId: z.number().int(),
  /** Index into `plan.mounts`. */
  mount: z.number().int(),
  /** The place, as people read it. */
  source: z.string(),
  hostId: z.string(),
  /** In the host: the folder that is mounted. */
  folder: z.string(),
  /** The file in it that the job gets; null: the folder itself. */
  file: z.string().nullable(),
  target: z.string(),
  readOnly: z.boolean(),
  /** Others than this user can use it. */
  allowOther: z.boolean(),
  /** Whose the files seem to be; null: the user's who mounts. */
  owner: z.object({ uid: z.number(), gid: z.number() }).nullable(),
});
export type MountRecord = z.infer<typeof recordSchema>;

/** The files of a mount. `started` is written by the process itself, before it becomes rclone. */
export const mountFiles = (directory: string) => ({
  record: join(directory, 'mount.json'),
  started: join(directory, 'started'),
  log: join(directory, 'log'),
  logEnded: join(directory, 'log-ended'),
  /** The job has ended and the mount was taken down for it: that it is gone is no loss. */
  closed: join(directory, 'closed'),
  lost: join(directory, 'lost'),
  cache: join(directory, 'cache'),
  /** What the job wrote and nobody can send: its notes were damaged when rclone was killed. */
  kept: join(directory, 'kept'),
  /** Where it is mounted: never removed with what is in it. */
  files: join(directory, 'files'),
});

/** The folders of all mounts, below `<home>/mounts`. */
export interface MountFolders {
  directory(jobId: number, mount: number): string;
  /** Those of a job, or of all jobs; with the job that each belongs to. */
  list(jobId?: number): Promise<{ readonly directory: string; readonly jobId: number }[]>;
}

export function createMountFolders(root: string): MountFolders {
  return {
    directory: (jobId, mount) => join(root, `${jobId}-${mount}`),
    list: async (jobId) => {
      const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      return names.flatMap((name) => {
        const [, job] = /^(\d+)-\d+$/.exec(name) ?? [];
        const id = Number(job);
        return job === undefined || (jobId !== undefined && id !== jobId) ? [] : [{ directory: join(root, name), jobId: id }];
      });
    },
  };
}

export async function makeMountFolder(directory: string, record: MountRecord): Promise<void> {
  const { files, cache, record: path } = mountFiles(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await mkdir(files, { recursive: true, mode: 0o755 });
  writeOwnerOnly(path, JSON.stringify(record));
}

/** Null when there is none, or it cannot be read. */
export async function readMountRecord(directory: string): Promise<MountRecord | null> {
  const text = await readFile(mountFiles(directory).record, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The process of a mount by pid and start time; null before it has written them. */
export async function readStarted(directory: string): Promise<{ readonly pid: number; readonly begun: string } | null> {
  const text = await readFile(mountFiles(directory).started, 'utf8').catch(() => '');
  const [, pid, begun] = /^(\d+) (\S+)\n$/.exec(text) ?? [];
  return pid === undefined || begun === undefined ? null : { pid: Number(pid), begun };
}

/** Notes why a mount was lost while its job ran; the first reason stays. */
export async function noteLost(directory: string, why: string): Promise<void> {
  await writeFile(mountFiles(directory).lost, why, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });
}

export const readLost = (directory: string): Promise<string | null> =>
  readFile(mountFiles(directory).lost, 'utf8').catch(() => null);

/** Only ever succeeds on an empty folder that nothing is mounted on: what is mounted is somebody's data. */
export const removeMountPoint = (directory: string): Promise<void> =>
  rmdir(mountFiles(directory).files).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
