import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { blockAt, findBlock, packBlock, readBlock, readBytes, writeAll } from './log-blocks.ts';
import { blockRecordBytes, blocksPath, encodeBlock, endOf, type LogBlock, logPath, packedPath } from './log-format.ts';

/** A log that ends with less than this is left as it is: a file takes a whole page of the disk anyway. */
const smallestBlock = 16 * 1024;

/** Where a log's bytes lie. */
export interface LogPlace {
  readonly directory: string;
  readonly jobId: number;
  /** The end is packed when it has grown to this. */
  readonly blockBytes: number;
}

/**
 * The bytes of one log on disk, for its one writer: the end as it is, what is before it in blocks (see log-format.ts).
 * Files are made when there is something for them.
 */
export class LogBytes {
  readonly #place: LogPlace;
  #packed: FileHandle | null = null;
  #packedBytes = 0;
  #blocks: FileHandle | null = null;
  /** Where the end begins. */
  #start = 0;
  #tail: FileHandle | null = null;
  /** What the end holds. */
  #tailBytes: Buffer[] = [];
  #tailLength = 0;
  /** The former end, which is in a block by now. */
  #stale: string | null = null;

  private constructor(place: LogPlace) {
    this.#place = place;
  }

  /**
   * Opens the log to go on after its last piece. `mend` is told how many bytes there are at most and answers how many of
   * them the pieces cover; what is beyond is cut off.
   */
  static async open(place: LogPlace, mend: (available: number) => Promise<number>): Promise<LogBytes> {
    const log = new LogBytes(place);
    try {
      await log.#open(mend);
      return log;
    } catch (error) {
      await log.close().catch(() => {});
      throw error;
    }
  }

  /** Adds bytes. Calls must not overlap. `settle` is due when the pieces' records are written. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#tailLength + bytes.length >= this.#place.blockBytes) return this.#pack(bytes);
    this.#tail ??= await open(this.#path(), 'w', 0o600);
    await writeAll(this.#tail, bytes);
    this.#tailBytes.push(Buffer.from(bytes));
    this.#tailLength += bytes.length;
  }

  /** Deletes the former end: its block is spoken of by now. */
  async settle(): Promise<void> {
    if (this.#stale === null) return;
    await rm(this.#stale, { force: true });
    this.#stale = null;
  }

  /** Packs what is left, unless it is little, and makes everything durable. */
  async finish(): Promise<void> {
    if (this.#tailLength >= Math.min(smallestBlock, this.#place.blockBytes)) await this.#pack(new Uint8Array(0));
    await Promise.all([this.#packed, this.#blocks, this.#tail].map((file) => file?.datasync()));
    await this.settle();
  }

  async close(): Promise<void> {
    const files = [this.#packed, this.#blocks, this.#tail];
    this.#packed = null;
    this.#blocks = null;
    this.#tail = null;
    await Promise.all(files.map((file) => file?.close()));
  }

  #path(): string {
    return logPath(this.#place.directory, this.#place.jobId, this.#start);
  }

  /** The end and these bytes become a block. */
  async #pack(bytes: Uint8Array): Promise<void> {
    const whole = Buffer.concat([...this.#tailBytes, bytes]);
    const frame = await packBlock(whole);
    const { packed, blocks } = await this.#packedFiles();
    await writeAll(packed, frame);
    const block = { offset: this.#start, position: this.#packedBytes, length: whole.length, packed: frame.length };
    await writeAll(blocks, encodeBlock(block));
    this.#packedBytes += frame.length;
    if (this.#tail) {
      this.#stale = this.#path();
      await this.#tail.close();
      this.#tail = null;
    }
    this.#startAt(endOf(block));
  }

  #startAt(offset: number, bytes: Buffer[] = []): void {
    this.#start = offset;
    this.#tailBytes = bytes;
    this.#tailLength = bytes.reduce((sum, each) => sum + each.length, 0);
  }

  async #packedFiles(): Promise<{ packed: FileHandle; blocks: FileHandle }> {
    const { directory, jobId } = this.#place;
    this.#packed ??= await open(packedPath(directory, jobId), 'a+', 0o600);
    this.#blocks ??= await open(blocksPath(directory, jobId), 'a+', 0o600);
    return { packed: this.#packed, blocks: this.#blocks };
  }

  /** @see LogBytes.open */
  async #open(mend: (available: number) => Promise<number>): Promise<void> {
    const { directory, jobId, blockBytes } = this.#place;
    const first = logPath(directory, jobId);
    const plain = (await sizeOf(first)) ?? 0;
    const last = (await sizeOf(blocksPath(directory, jobId))) === null ? null : await this.#mendBlocks(plain);
    // A whole log of a version that did not compress stays as it is, and blocks begin behind it.
    if (last) this.#startAt(endOf(last));
    else if (plain >= blockBytes) this.#startAt(plain);
    const covered = await mend(this.#start + ((await sizeOf(this.#path())) ?? 0));
    if (covered < this.#start) await (last ? this.#goBack(covered) : this.#cutPlain(covered));
    // The end that went into the last block, where the process was killed before it could delete it.
    else if (last) await rm(logPath(directory, jobId, last.offset), { force: true });
    await this.#openTail(covered - this.#start);
  }

  /** Drops blocks whose frames are not whole. Gives the last one left. */
  async #mendBlocks(plain: number): Promise<LogBlock | null> {
    const { packed, blocks } = await this.#packedFiles();
    const packedSize = (await packed.stat()).size;
    const size = (await blocks.stat()).size;
    let count = Math.floor(size / blockRecordBytes);
    const first = await blockAt(blocks, 0);
    // The bytes before the blocks are gone: nothing that follows can be used.
    if (first && first.offset > plain) count = 0;
    let last = count > 0 ? await blockAt(blocks, count - 1) : null;
    while (last && last.position + last.packed > packedSize) {
      count -= 1;
      last = count > 0 ? await blockAt(blocks, count - 1) : null;
    }
    this.#packedBytes = last ? last.position + last.packed : 0;
    if (size !== count * blockRecordBytes) await blocks.truncate(count * blockRecordBytes);
    if (packedSize !== this.#packedBytes) await packed.truncate(this.#packedBytes);
    return last;
  }

  /** The pieces end before the blocks do: the block in which they end becomes the end again, as far as it is covered. */
  async #goBack(covered: number): Promise<void> {
    const { directory, jobId } = this.#place;
    const { packed, blocks } = await this.#packedFiles();
    const count = (await blocks.stat()).size / blockRecordBytes;
    const number = await findBlock(blocks, count, covered);
    const block = await blockAt(blocks, number);
    if (!block || covered < block.offset) {
      await this.#cutBlocks(0, 0);
      return this.#cutPlain(covered);
    }
    if (covered > block.offset) {
      const kept = (await readBlock(packed, block)).subarray(0, covered - block.offset);
      const tail = await open(logPath(directory, jobId, block.offset), 'w', 0o600);
      await writeAll(tail, kept).finally(() => tail.close());
    }
    await this.#cutBlocks(number, block.position);
    this.#startAt(block.offset);
  }

  async #cutBlocks(count: number, packedBytes: number): Promise<void> {
    const { packed, blocks } = await this.#packedFiles();
    await blocks.truncate(count * blockRecordBytes);
    await packed.truncate(packedBytes);
    this.#packedBytes = packedBytes;
  }

  /** Cuts what lies before all blocks, of which there are none any more. */
  async #cutPlain(covered: number): Promise<void> {
    const { directory, jobId, blockBytes } = this.#place;
    const file = await open(logPath(directory, jobId), 'r+');
    await file.truncate(covered).finally(() => file.close());
    this.#startAt(covered >= blockBytes ? covered : 0);
  }

  /** Takes up the end, cut to what the pieces cover. */
  async #openTail(length: number): Promise<void> {
    const size = await sizeOf(this.#path());
    if (size === null) return;
    const tail = await open(this.#path(), 'a+', 0o600);
    this.#tail = tail;
    if (size > length) await tail.truncate(length);
    this.#startAt(this.#start, [await readBytes(tail, 0, length)]);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
