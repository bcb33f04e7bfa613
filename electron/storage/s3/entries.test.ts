import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rootPath } from '#shared/paths.ts';
import { partBytesFor } from '../remote/parted-write.ts';
import { copyPartSize } from './copying.ts';
import { entryOfHead, formatMtime, nanosecondsOf, parseMtime, timeFields } from './entries.ts';
import { maxParts } from './writing.ts';

const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;

describe('modification times', () => {
  it('are written as rclone writes them', () => {
    expect(formatMtime(1_234_567_890_123_456_789n)).toBe('1234567890.123456789');
    expect(formatMtime(1_600_000_000_000_000_000n)).toBe('1600000000');
    expect(formatMtime(1_600_000_000_500_000_000n)).toBe('1600000000.5');
    expect(formatMtime(1n)).toBe('0.000000001');
    expect(formatMtime(-1_500_000_000n)).toBe('-1.5');
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n }), (time) => {
        expect(parseMtime(formatMtime(time))).toBe(time);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 13), max: 10 ** 13 }), (modified) => {
        expect(timeFields(nanosecondsOf({ modified }))).toEqual({ modified });
      }),
    );
  });

  it('that are none are passed over', () => {
    for (const text of [undefined, '', 'yesterday', '1e9', '12.', '1,5', '9'.repeat(40)]) expect(parseMtime(text)).toBeNull();
  });
});

describe('the MD5 of an object', () => {
  const md5 = '0123456789abcdef0123456789abcdef';
  const base64 = Buffer.from(md5, 'hex').toString('base64');

  it('is its ETag, or what rclone noted of one made of parts', () => {
    expect(entryOfHead(rootPath, { ETag: `"${md5}"` }).md5).toBe(md5);
    expect(entryOfHead(rootPath, { ETag: `"${md5}"`, ServerSideEncryption: 'AES256' }).md5).toBe(md5);
    expect(entryOfHead(rootPath, { ETag: `"${'f'.repeat(32)}-3"`, Metadata: { md5chksum: base64 } }).md5).toBe(md5);
  });

  it('is that of its parts where it is known how large they were', () => {
    const of = (size: number, partSize: string, etag = `"${md5}-3"`) =>
      entryOfHead(rootPath, { ETag: etag, Metadata: { 'stowage-part-size': partSize } }, size).md5OfParts;
    expect(of(21, '10')).toEqual({ md5, partBytes: 10 });
    expect(of(30, '10')).toEqual({ md5, partBytes: 10 });
    // Another program has copied the object in parts of its own.
    expect(of(31, '10')).toBeUndefined();
    for (const partSize of ['0', '-1', 'x', '']) expect(of(21, partSize)).toBeUndefined();
    expect(of(21, '10', `"${md5}"`)).toBeUndefined();
  });

  it('is not known when the ETag is something else', () => {
    expect(entryOfHead(rootPath, { ETag: `"${md5}-2"` }).md5).toBeUndefined();
    expect(entryOfHead(rootPath, { ETag: `"${md5}"`, ServerSideEncryption: 'aws:kms' }).md5).toBeUndefined();
    expect(entryOfHead(rootPath, { ETag: `"${md5}"`, SSECustomerAlgorithm: 'AES256' }).md5).toBeUndefined();
    expect(entryOfHead(rootPath, { ETag: '"v7"', Metadata: { md5chksum: 'nonsense' } }).md5).toBeUndefined();
  });
});

describe('parts', () => {
  it('of a file of any size that S3 holds are no more than 10,000, of 5 MiB to 5 GiB', () => {
    for (const size of [9 * mebibyte, 5 * 1024 * mebibyte + 1, 80_000 * mebibyte, tebibyte, 5 * tebibyte]) {
      for (const bytes of [partBytesFor(size, maxParts), copyPartSize(size)]) {
        expect(Math.ceil(size / bytes)).toBeLessThanOrEqual(10_000);
        expect(bytes).toBeGreaterThanOrEqual(5 * mebibyte);
        expect(bytes).toBeLessThanOrEqual(5 * 1024 * mebibyte);
      }
    }
    // One more byte than one request may copy needs parts.
    expect(copyPartSize(5 * 1024 * mebibyte + 1)).toBe(512 * mebibyte);
  });
});
