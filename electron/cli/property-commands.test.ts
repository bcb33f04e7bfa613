import { expect, it } from 'vitest';
import { expiryOf } from './property-commands.ts';

it('reads spans and dates as moments, and nothing else', () => {
  expect(expiryOf('30m', 1000)).toBe(1000 + 1_800_000);
  expect(expiryOf('7d', 0)).toBe(604_800_000);
  expect(expiryOf('2030-05-01T12:00Z', 0)).toBe(Date.UTC(2030, 4, 1, 12));
  for (const text of ['', '1', 'h', '-1h', '1.5h', 'tomorrow', '12/05/2030'])
    expect(() => expiryOf(text, 0)).toThrow(expect.objectContaining({ code: 'bad-request' }));
});
