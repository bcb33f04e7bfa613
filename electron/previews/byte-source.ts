/** A file as its previewer sees it: any range of it, within a budget. */
export interface ByteSource {
  readonly size: number;
  /** Bytes from `offset`; fewer than `length` only at the end of the file. Must not be changed. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The file is not what its name or first bytes promise, or would cost too much; the message is a whole sentence. */
export class NotShown extends Error {}

/** Joins small reads that lie near each other: reads whole blocks and keeps the last ones. */
export function inBlocks(source: ByteSource, { blockBytes = 256 * 1024, keptBlocks = 8 } = {}): ByteSource {
  const blocks = new Map<number, Promise<Uint8Array>>();
  const block = (index: number): Promise<Uint8Array> => {
    const kept = blocks.get(index);
    if (kept) return kept;
    const read = source.read(index * blockBytes, blockBytes);
    blocks.set(index, read);
    const [oldest] = blocks.keys();
    if (blocks.size > keptBlocks && oldest !== undefined) blocks.delete(oldest);
    return read;
  };
  return {
    size: source.size,
    read: async (offset, length) => {
      if (length > blockBytes) return source.read(offset, length);
      const end = Math.min(source.size, offset + length);
      if (end <= offset) return new Uint8Array();
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((end - 1) / blockBytes);
      const bytes = await block(first);
      if (last === first) return bytes.subarray(offset - first * blockBytes, end - first * blockBytes);
      return Buffer.concat([
        bytes.subarray(offset - first * blockBytes),
        (await block(last)).subarray(0, end - last * blockBytes),
      ]);
    },
  };
}
