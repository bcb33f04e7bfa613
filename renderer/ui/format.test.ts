import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatTime, plural } from './format.ts';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 KB'],
    [12_345, '12.3 KB'],
    [999_960, '1.00 MB'],
    [123_456_789, '123 MB'],
    [1_500_000_000_000, '1.50 TB'],
  ])('writes %d as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('spans', () => {
  it.each([
    [0, '0.0 s'],
    [9_949, '9.9 s'],
    [12_400, '12 s'],
    [59_600, '1 m 00 s'],
    [185_000, '3 m 05 s'],
    [7_620_000, '2 h 07 m'],
    [273_600_000, '3 d 4 h'],
  ])('writes %d ms as %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe('moments', () => {
  const now = new Date(2026, 10, 21, 15, 0).getTime();
  it('names today', () => expect(formatTime(new Date(2026, 10, 21, 9, 5).getTime(), now)).toBe('Today 09:05'));
  it('leaves out this year', () => expect(formatTime(new Date(2026, 2, 3, 9, 5).getTime(), now)).toBe('3 Mar 09:05'));
  it('leaves out the clock of another year', () => expect(formatTime(new Date(2024, 2, 3).getTime(), now)).toBe('3 Mar 2024'));
  it('shows a dash for an unknown one', () => expect(formatTime(null, now)).toBe('—'));
});

it('counts one and many', () => {
  expect(plural(1, 'file')).toBe('1 file');
  expect(plural(1204, 'file')).toBe('1,204 files');
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});
