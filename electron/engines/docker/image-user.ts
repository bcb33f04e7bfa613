import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import type { RunRequest } from '../engine.ts';
import { statusOf } from './errors.ts';

type User = NonNullable<RunRequest['user']>;

/** A file of users or groups is read so far. */
const mostBytes = 1024 * 1024;

/** Who a container runs as that leaves it to its image: numbers, or names of the image's `/etc/passwd` and `/etc/group`. */
export async function userOfImage(container: Docker.Container): Promise<User> {
  const { User: text } = (await container.inspect()).Config;
  const [user = '', group = ''] = (text ?? '').split(':');
  if (user === '') return { uid: 0, gid: 0 };
  const people = await readRows(container, '/etc/passwd');
  const found = people.find(([name, , uid]) => name === user || uid === user);
  const uid = numberOf(user) ?? numberOf(found?.[2]) ?? 0;
  if (group === '') return { uid, gid: numberOf(found?.[3]) ?? 0 };
  const gid = numberOf(group) ?? numberOf((await readRows(container, '/etc/group')).find(([name]) => name === group)?.[2]);
  return { uid, gid: gid ?? 0 };
}

const numberOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;

/** The rows of a file of the container, split at “:”; none when there is no such file. */
async function readRows(container: Docker.Container, path: string): Promise<string[][]> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    const files = (await container.getArchive({ path })).pipe(extract());
    for await (const entry of files) {
      for await (const part of entry) {
        bytes += (part as Buffer).length;
        if (bytes <= mostBytes) parts.push(part as Buffer);
      }
    }
  } catch (error) {
    // An image without users: the number counts.
    if (statusOf(error) === 404) return [];
    throw error;
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(':'));
}
