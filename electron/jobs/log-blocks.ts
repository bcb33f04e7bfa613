import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { blockRecordBytes, decodeBlock, type LogBlock } from './log-format.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** One frame, made off the main thread. */
export const packBlock = (bytes: Uint8Array): Promise<Buffer> => compress(bytes, { chunkSize: 256 * 1024 });

/** The bytes of a block. */
export async function readBlock(packed: FileHandle, block: LogBlock): Promise<Buffer> {
  const frame = await readBytes(packed, block.position, block.packed);
  return decompress(frame, { maxOutputLength: block.length, chunkSize: Math.max(64, block.length) });
}

/** The block that holds byte `offset` of the log, by its number; the last one when it lies beyond. */
export async function findBlock(blocks: FileHandle, count: number, offset: number): Promise<number> {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const block = await blockAt(blocks, middle);
    if (block && block.offset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export async function blockAt(blocks: FileHandle, number: number): Promise<LogBlock | null> {
  const bytes = await readBytes(blocks, number * blockRecordBytes, blockRecordBytes);
  return bytes.length === blockRecordBytes ? decodeBlock(bytes, 0) : null;
}

/** What is there of `length` bytes from `from` on. */
export async function readBytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, from + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}

export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
