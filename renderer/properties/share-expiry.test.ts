import { expect, it } from 'vitest';
import { expiresAt, expiryProblem, fieldTime } from './share-expiry.ts';

const now = new Date(2030, 4, 1, 12, 30).getTime();

it('reads presets and dates, and says why a date cannot be', () => {
  expect(expiresAt('1d', '', now)).toBe(now + 86_400_000);
  expect(expiresAt('custom', fieldTime(now), 0)).toBe(now);
  expect(expiresAt('custom', '2030-05', now)).toBeNull();
  expect(expiryProblem(null, null, now)).toMatch(/date/);
  expect(expiryProblem(now - 1, null, now)).toMatch(/over/);
  expect(expiryProblem(now + 8 * 86_400_000, 7 * 86_400_000, now)).toBe('The service allows 7 days at most.');
  expect(expiryProblem(now + 7 * 86_400_000, 7 * 86_400_000, now)).toBeNull();
});
