import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { consume } from './bodies.ts';

const mebibyte = 1024 * 1024;

it('lets go of every chunk of a body that was taken, also under a signal that never fires', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 200; count++) yield Buffer.alloc(mebibyte, count);
  }
  let held = 0;
  let taken = 0;
  await consume(body(), new AbortController().signal, async () => {
    if (++taken % 50 !== 0) return;
    collect();
    // The memory is given back in the background.
    await new Promise((resolve) => setTimeout(resolve, 50));
    held = Math.max(held, process.memoryUsage().arrayBuffers);
  });
  expect(taken).toBe(200);
  expect(held).toBeLessThan(50 * mebibyte);
});
