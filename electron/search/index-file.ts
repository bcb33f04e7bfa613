import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { IndexPage } from './page.ts';

/**
 * An index on disk: records in the order in which they came, first that which tells what it is of, then pages, a record
 * that tells that it is whole, and pages of folders that were listed again later. Each has its checksum, so that what a
 * crash left at the end is known and dropped.
 */

/** What an index is of; another place, or another form of the file, is another index. */
export interface IndexIdentity {
  readonly format: 1;
  readonly vfolder: string;
  readonly place: string;
}

/** When the index was taken, as it stands in the file. */
export interface IndexEnd {
  /** When the walk began. */
  readonly takenAt: number;
  readonly tookMs: number;
  /** Folders that could not be listed. */
  readonly skipped: number;
}

const types = { identity: 1, page: 2, end: 3 } as const;
const headBytes = 8;
const pageHeadBytes = 24;
const maxRecord = 1 << 30;
const writeBytes = 1 << 20;
const align = (bytes: number): number => (bytes + 7) & ~7;

/** Writes records; nothing is at `file` under its name before `publish`. */
export class IndexWriter {
  readonly #file: string;
  readonly #handle: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(file: string, identity: IndexIdentity) {
    this.#file = file;
    this.#handle = openSync(`${file}.new`, 'w', 0o600);
    this.#write(jsonRecord(types.identity, identity));
  }

  page(page: IndexPage): void {
    this.#write(pageRecord(page));
  }

  /** Makes it the index that is kept. */
  publish(end: IndexEnd): void {
    this.#write(jsonRecord(types.end, end));
    this.#flush();
    fsyncSync(this.#handle);
    closeSync(this.#handle);
    renameSync(`${this.#file}.new`, this.#file);
  }

  discard(): void {
    closeSync(this.#handle);
    rmSync(`${this.#file}.new`, { force: true });
  }

  #write(record: Uint8Array): void {
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    if (this.#waitingBytes >= writeBytes) this.#flush();
  }

  #flush(): void {
    writeAll(this.#handle, Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** Adds pages to an index that is kept. A crash in the middle costs these pages only. */
export function appendPages(file: string, pages: readonly IndexPage[]): void {
  const handle = openSync(file, 'a');
  try {
    writeAll(handle, Buffer.concat(pages.map(pageRecord)));
  } finally {
    closeSync(handle);
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

const jsonRecord = (type: number, value: unknown): Uint8Array => {
  const text = Buffer.from(JSON.stringify(value));
  const record = Buffer.alloc(headBytes + align(4 + text.length), ' ');
  record.writeUInt32LE(type, headBytes);
  text.copy(record, headBytes + 4);
  return sealRecord(record);
};

function sealRecord(record: Buffer): Buffer {
  const payload = record.subarray(headBytes);
  record.writeUInt32LE(payload.length, 0);
  record.writeUInt32LE(crc32(payload), 4);
  return record;
}

/** The columns of a page in the order in which they lie in its record; the numbers are in this machine's order. */
const pageColumns = (page: IndexPage): readonly (Uint8Array | Uint32Array | Float64Array)[] => [
  page.sizes,
  page.times,
  page.ends,
  page.changed,
  page.changedEnds,
  page.kinds,
  page.names,
  page.changedNames,
];

function pageRecord(page: IndexPage): Buffer {
  const columns = pageColumns(page);
  const bytes = columns.reduce((sum, column) => sum + column.byteLength, pageHeadBytes);
  const record = Buffer.alloc(headBytes + align(bytes));
  const flags = (page.first ? 1 : 0) | (page.last ? 2 : 0);
  const head = [types.page | (flags << 8), page.folder, page.count, page.names.length, page.changed.length];
  for (const [index, value] of [...head, page.changedNames.length].entries()) record.writeUInt32LE(value, headBytes + index * 4);
  let at = headBytes + pageHeadBytes;
  for (const column of columns) {
    record.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return sealRecord(record);
}

function readPage(payload: Buffer): IndexPage {
  const head = (index: number): number => payload.readUInt32LE(index * 4);
  const [count, namesLength, changedCount, changedLength] = [head(2), head(3), head(4), head(5)];
  let at = payload.byteOffset + pageHeadBytes;
  const { buffer } = payload;
  const take = <T>(make: (buffer: ArrayBuffer, offset: number, length: number) => T, length: number, width: number): T => {
    const made = make(buffer as ArrayBuffer, at, length);
    at += length * width;
    return made;
  };
  const doubles = (length: number) => take((...place) => new Float64Array(...place), length, 8);
  const numbers = (length: number) => take((...place) => new Uint32Array(...place), length, 4);
  const bytes = (length: number) => take((...place) => new Uint8Array(...place), length, 1);
  const [sizes, times] = [doubles(count), doubles(count)];
  const [ends, changed, changedEnds] = [numbers(count), numbers(changedCount), numbers(changedCount)];
  const [kinds, names, changedNames] = [bytes(count), bytes(namesLength), bytes(changedLength)];
  const flags = head(0) >> 8;
  return {
    folder: head(1),
    first: (flags & 1) !== 0,
    last: (flags & 2) !== 0,
    count,
    ...{ sizes, times, ends, changed, changedEnds, kinds, names, changedNames },
  };
}

/**
 * Gives the pages of an index to `take`, in order, and tells when it was taken. Null when there is none, it is of another
 * place, or it is damaged before its end. `cut` tells that pages which were added later are damaged, from `goodBytes` on.
 */
export function readIndex(
  file: string,
  identity: IndexIdentity,
  take: (page: IndexPage) => void,
): { end: IndexEnd; cut: boolean; goodBytes: number } | null {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return null;
  }
  let end: IndexEnd | null = null;
  let goodBytes = 0;
  try {
    let known = false;
    for (const payload of records(handle)) {
      if (!payload) return end && { end, cut: true, goodBytes };
      goodBytes += headBytes + payload.length;
      const type = payload.readUInt32LE(0) & 0xff;
      if (type === types.page && known) take(readPage(payload));
      else if (type === types.end && known) end = JSON.parse(payload.toString('utf8', 4)) as IndexEnd;
      else if (type !== types.identity || !isSame(JSON.parse(payload.toString('utf8', 4)) as IndexIdentity, identity))
        return null;
      else known = true;
    }
    return end && { end, cut: false, goodBytes };
  } finally {
    closeSync(handle);
  }
}

const isSame = (a: IndexIdentity, b: IndexIdentity): boolean =>
  a.format === b.format && a.vfolder === b.vfolder && a.place === b.place;

const readBytes = 4 << 20;

/** The payloads of the records, each good until the next is asked for; null, the last one, for one that is damaged. */
function* records(handle: number): Generator<Buffer | null> {
  let buffer = Buffer.alloc(readBytes);
  let [from, to] = [0, 0];
  /** Makes `wanted` bytes be there from `from` on; false at the end of the file. */
  const fill = (wanted: number): boolean => {
    if (to - from >= wanted) return true;
    const next = wanted > buffer.length ? Buffer.alloc(align(wanted)) : buffer;
    buffer.copy(next, 0, from, to);
    [buffer, from, to] = [next, 0, to - from];
    while (to < wanted) {
      const read = readSync(handle, buffer, to, buffer.length - to, null);
      if (read === 0) return false;
      to += read;
    }
    return true;
  };
  for (;;) {
    if (!fill(headBytes)) {
      if (to > from) yield null;
      return;
    }
    const length = buffer.readUInt32LE(from);
    const sum = buffer.readUInt32LE(from + 4);
    const whole = length >= 8 && length <= maxRecord && length % 8 === 0 && fill(headBytes + length);
    const payload = whole ? buffer.subarray(from + headBytes, from + headBytes + length) : null;
    if (!payload || crc32(payload) !== sum) {
      yield null;
      return;
    }
    yield payload;
    from += headBytes + length;
  }
}
