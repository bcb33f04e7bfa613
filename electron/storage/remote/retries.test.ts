import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { retryAfterMs, Transient, withRetries } from './retries.ts';

const error = new StowageError('host-unreachable', 'Gone.');

it('tries three times what passes, and tells the error then', async () => {
  let tries = 0;
  const failing = withRetries(async () => {
    tries++;
    throw new Transient(error, 1);
  });
  await expect(failing).rejects.toBe(error);
  expect(tries).toBe(3);
});

it('tells at once what does not pass, and what asks for more patience than it has', async () => {
  let tries = 0;
  const count = async (failure: unknown): Promise<never> => {
    tries++;
    throw failure;
  };
  await expect(withRetries(() => count(error))).rejects.toBe(error);
  await expect(withRetries(() => count(new Transient(error, 60_000)))).rejects.toBe(error);
  expect(tries).toBe(2);
});

it('says which try it is, and stops pausing when the signal fires', async () => {
  expect(
    await withRetries(async (number) => {
      if (number < 3) throw new Transient(error, 0);
      return number;
    }),
  ).toBe(3);
  const stop = new AbortController();
  const pausing = withRetries(
    async () => {
      throw new Transient(error, 7_000);
    },
    stop.signal,
    () => stop.abort(),
  );
  await expect(pausing).rejects.toMatchObject({ code: 'cancelled' });
});

it('reads Retry-After in seconds and as a date', () => {
  expect(retryAfterMs('2')).toBe(2000);
  expect(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT', Date.parse('2026-10-21T07:27:50Z'))).toBe(10_000);
  expect(retryAfterMs(undefined)).toBeNull();
  expect(retryAfterMs('soon')).toBeNull();
});
