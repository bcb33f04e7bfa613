import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { md5OfPart, runningDigest } from './digests.ts';

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
