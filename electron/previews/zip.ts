import { Readable } from 'node:stream';
import yauzl from 'yauzl';
import type { ArchiveEntry, PreviewContent } from '#shared/contract/previews.ts';
import { decodeText } from '../text-encoding.ts';
import { type ByteSource, inBlocks, NotShown } from './byte-source.ts';
import { cutCell } from './cells.ts';
import { maxArchiveEntries, maxArrayHeaderBytes, maxNpzHeaders } from './limits.ts';
import { dtypeWord, readNpyHeader } from './npy.ts';
import { textFormOf } from './text.ts';

export const isZip = (head: Uint8Array): boolean => {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return magic === 'PK\x03\x04' || magic === 'PK\x05\x06';
};

class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const source = this.#source;
    return Readable.from(
      (async function* () {
        for (let at = start; at < end; at += 64 * 1024) yield await source.read(at, Math.min(64 * 1024, end - at));
      })(),
      { objectMode: false, highWaterMark: 64 * 1024 },
    );
  }
}

/** The entries of a zip; with `arrays` (an .npz) what each array is. Only headers are unpacked. @throws NotShown */
export async function openZip(source: ByteSource, arrays: boolean): Promise<PreviewContent> {
  const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
  const failed: { error: unknown } = { error: null };
  const blocks = inBlocks(source);
  const reader = new SourceReader({
    size: source.size,
    // What the storage says is told as it is, not as a damaged zip.
    read: (offset, length) =>
      blocks.read(offset, length).catch((error: unknown) => {
        failed.error = error;
        throw error;
      }),
  });
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.size, options);
    const found = await entriesOf(zip);
    const entries: ArchiveEntry[] = [];
    for (const entry of found) {
      const shown = entryOf(entry);
      const isArray = arrays && entries.length < maxNpzHeaders && shown.name.endsWith('.npy') && !entry.isEncrypted();
      entries.push(isArray ? { ...shown, ...(await arrayIn(zip, entry)) } : shown);
    }
    return { kind: 'archive', format: arrays ? 'npz' : 'zip', entries, count: zip.entryCount };
  } catch (error) {
    if (failed.error) throw failed.error;
    if (error instanceof NotShown) throw error;
    throw new NotShown('This zip archive is damaged.');
  }
}

function entriesOf(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  const entries: yauzl.Entry[] = [];
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      if (entries.length >= maxArchiveEntries) resolve(entries);
      else zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });
}

function entryOf(entry: yauzl.Entry): ArchiveEntry {
  const raw = entry.fileNameRaw;
  const name = decodeText(raw, textFormOf(raw, true)?.encoding === 'utf-8' ? 'utf-8' : 'windows-1252');
  const size = Math.max(0, entry.uncompressedSize);
  return { name: cutCell(name), size, compressed: Math.max(0, entry.compressedSize), directory: name.endsWith('/') };
}

/** The header of an array, of whose entry no more than that is unpacked. */
async function arrayIn(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Pick<ArchiveEntry, 'dtype' | 'shape'>> {
  const stream = await zip.openReadStreamPromise(entry);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = stream[Symbol.asyncIterator]();
  try {
    const header = await readNpyHeader(async (offset, wanted) => {
      while (length < offset + wanted && length <= maxArrayHeaderBytes) {
        const { done, value } = await iterator.next();
        if (done) break;
        chunks.push(value);
        length += value.length;
      }
      return Buffer.concat(chunks).subarray(offset, offset + wanted);
    });
    return { dtype: dtypeWord(header.descr), shape: header.shape };
  } catch (error) {
    // An entry of that name which is no array is an entry all the same.
    if (error instanceof NotShown) return {};
    throw error;
  } finally {
    stream.destroy();
  }
}
