import { expect, test } from 'vitest';
import { createPacer } from './pacing.ts';

/** Whether a promise has resolved once everything that was due has run. */
async function hasSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test('sends on while little is under way, and waits for the reader when much is', async () => {
  const pacer = createPacer(100);
  expect(await hasSettled(pacer.sent(100))).toBe(true);
  const over = pacer.sent(50);
  expect(await hasSettled(over)).toBe(false);
  pacer.taken(40);
  expect(await hasSettled(over)).toBe(false);
  pacer.taken(10);
  expect(await hasSettled(over)).toBe(true);
});

test('a reader that claims more than it was sent gains nothing', async () => {
  const pacer = createPacer(100);
  pacer.taken(1_000_000);
  expect(await hasSettled(pacer.sent(101))).toBe(false);
});

test('nobody waits for a reader that is gone', async () => {
  const pacer = createPacer(10);
  const waiting = pacer.sent(20);
  pacer.end();
  expect(await hasSettled(waiting)).toBe(true);
  expect(await hasSettled(pacer.sent(20))).toBe(true);
});
