import { describe, expect, it } from 'vitest';
import { createBandwidth } from './bandwidth.ts';

const kibibyte = 1024;
async function* zeros(chunks: number, size: number): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < chunks; chunk++) yield new Uint8Array(size);
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0;
  for await (const { length } of body) total += length;
  return total;
}

const never = new AbortController().signal;

describe('the bandwidth limit', () => {
  it('holds for all bodies together, and changes no byte', async () => {
    const bandwidth = createBandwidth(1000 * kibibyte);
    const begin = performance.now();
    const sizes = await Promise.all([1, 2, 3].map(() => drain(bandwidth.pace(zeros(4, 100 * kibibyte), never))));
    expect(sizes).toEqual([400, 400, 400].map((each) => each * kibibyte));
    const seconds = (performance.now() - begin) / 1000;
    // 1,200 KiB at 1,000 KiB/s, of which a quarter of a second may pass at once at either end.
    expect(seconds).toBeGreaterThan(0.7);
    expect(seconds).toBeLessThan(5);
  });

  it('cuts large chunks, so that a low limit flows evenly', async () => {
    const bandwidth = createBandwidth(40 * kibibyte);
    const pieces: number[] = [];
    for await (const { length } of bandwidth.pace(zeros(1, 24 * kibibyte), never)) pieces.push(length);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(10 * kibibyte);
    expect(pieces.reduce((sum, each) => sum + each, 0)).toBe(24 * kibibyte);
  });

  it('leaves none of several bodies behind', async () => {
    const bandwidth = createBandwidth(4000 * kibibyte);
    const got = [0, 0, 0, 0];
    const flowing = got.map(async (_, body) => {
      for await (const chunk of bandwidth.pace(zeros(50, 64 * kibibyte), never)) got[body] = (got[body] ?? 0) + chunk.length;
    });
    await Promise.race(flowing);
    expect(Math.min(...got)).toBeGreaterThan(0.9 * Math.max(...got));
    bandwidth.set(null);
    await Promise.all(flowing);
  });

  it('is lifted at once, for bodies that wait already', async () => {
    const bandwidth = createBandwidth(kibibyte);
    const flowing = drain(bandwidth.pace(zeros(100, 64 * kibibyte), never));
    const begin = performance.now();
    bandwidth.set(null);
    expect(await flowing).toBe(6400 * kibibyte);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it('ends its wait when the transfer is cancelled', async () => {
    const stop = new AbortController();
    const flowing = drain(createBandwidth(kibibyte).pace(zeros(10, 64 * kibibyte), stop.signal));
    stop.abort();
    await expect(flowing).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('passes empty bodies and empty chunks', async () => {
    expect(await drain(createBandwidth(null).pace(zeros(0, 0), never))).toBe(0);
    expect(await drain(createBandwidth(5000).pace(zeros(3, 0), never))).toBe(0);
  });
});
