import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { fileSums, md5OfPart, runningDigest } from './digests.ts';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const owned = (bytes: Uint8Array): Uint8Array => {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
};

it('sums small and large parts, and gives their bytes back', async () => {
  for (const size of [0, 100, 1_000_000]) {
    const content = randomBytes(size);
    const summed = await md5OfPart(owned(content));
    expect(summed.md5).toBe(md5(content));
    expect(Buffer.compare(summed.bytes, content)).toBe(0);
  }
});

it('keeps several running sums apart while their parts overlap', async () => {
  const contents = [randomBytes(900_000), randomBytes(900_001), randomBytes(900)];
  const sums = await Promise.all(
    contents.map(async (content) => {
      const running = runningDigest(content.length);
      const adding = [0, 1, 2].map((third) => {
        const length = Math.ceil(content.length / 3);
        return running.add(owned(content.subarray(third * length, (third + 1) * length)), true);
      });
      const parts = await Promise.all(adding);
      for (const part of parts) expect(part.md5).toBe(md5(part.bytes));
      return running.end();
    }),
  );
  expect(sums).toEqual(contents.map(md5));
});

it.each([700_000, 9_000])('sums %i bytes by parts, however they come', async (size) => {
  const content = randomBytes(size);
  for (const partBytes of [1, 1000, size - 1, size, size + 1].filter((bytes) => size / bytes < 10_000)) {
    const parts = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) =>
      createHash('md5')
        .update(content.subarray(index * partBytes, (index + 1) * partBytes))
        .digest(),
    );
    const running = runningDigest(size, partBytes);
    for (let at = 0; at < size; at += 3333) await running.add(owned(content.subarray(at, at + 3333)), false);
    expect(await running.end()).toBe(md5(Buffer.concat(parts)));
  }
});

it('sums a file as it lies on the disk, by one MD5 and by CRCs', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-sums-'));
  try {
    const file = join(directory, 'file');
    const content = randomBytes(2_500_000);
    writeFileSync(file, content);
    const half = 1_200_001;
    for (const wanted of [null, { partBytes: null }]) {
      const sums = fileSums(wanted);
      const first = await sums.add({ file, offset: 0, length: half, before: 0 });
      const second = await sums.add({ file, offset: half, length: content.length - half, before: first.whole });
      expect(second).toEqual({ own: crc32(content.subarray(half)), whole: crc32(content) });
      expect(await sums.md5()).toBe(wanted ? md5(content) : '');
    }
    const sums = fileSums(null);
    await expect(sums.add({ file, offset: 0, length: content.length + 1, before: 0 })).rejects.toMatchObject({
      code: 'io-error',
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
