import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const chunkBytes = 1024 * 1024;
const noFollow = constants.O_NOFOLLOW ?? 0;

/** Whether two files of this machine have the same bytes; what cannot be read counts as another. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const opened: FileHandle[] = [];
  try {
    for (const path of [a, b]) opened.push(await open(path, constants.O_RDONLY | noFollow));
    const [one, other] = opened;
    if (!one || !other) return false;
    const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;
    for (;;) {
      const lengths = await Promise.all([fill(one, buffers[0]), fill(other, buffers[1])]);
      if (lengths[0] !== lengths[1]) return false;
      if (lengths[0] === 0) return true;
      if (buffers[0].compare(buffers[1], 0, lengths[0], 0, lengths[0]) !== 0) return false;
    }
  } catch {
    return false;
  } finally {
    for (const file of opened) await file.close();
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
