import { lstat, readlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { InnerPath } from '#shared/paths.ts';
import type { HostProperties } from '../properties.ts';
import { toEntry } from './entries.ts';

/**
 * What the system tells of the file or folder at an absolute path; a symlink as such. `shown` is the path as people know
 * it. Throws the system's errors.
 */
export async function localProperties(absolute: string, shown: string, path: InnerPath): Promise<HostProperties> {
  const stats = await lstat(absolute, { bigint: true });
  const { uid, username } = userInfo();
  const mode = Number(stats.mode);
  // Where a file system keeps no such time, it is told as the beginning of 1970.
  const time = (ms: bigint): number | null => (ms > 0n ? Number(ms) : null);
  return {
    entry: toEntry(path, stats, stats.isSymbolicLink() ? await readlink(absolute) : undefined),
    created: time(stats.birthtimeMs),
    accessed: time(stats.atimeMs),
    local: {
      mode: mode & 0o7777,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      owner: Number(stats.uid) === uid ? username : null,
      // Of a folder it counts what is in it.
      links: stats.isDirectory() ? 1 : Number(stats.nlink),
    },
    urls: [{ name: 'Path', value: shown }],
    edit: { refusal: 'A folder of this machine keeps no content type, metadata or tags.' },
    share: { refusal: 'Files of this machine have no address on the network that could be shared.' },
  };
}
