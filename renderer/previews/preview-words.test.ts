import { expect, it } from 'vitest';
import { copyPath } from './copy-path.ts';
import { parseOffset } from './hex-offset.ts';
import { lineSeparatorOf } from './line-ends.ts';
import { shapeText } from './shape.ts';

it('reads an offset as people write it', () => {
  const cases = {
    '4096': 4096,
    '49,000,000,000': 49e9,
    '0x1F00': 0x1f00,
    '1f00h': 0x1f00,
    '-1': null,
    '1.5': null,
    '0x': null,
    '': null,
  };
  expect(Object.fromEntries(Object.keys(cases).map((text) => [text, parseOffset(text)]))).toEqual(cases);
});

it('takes the lines of a text apart so that they join to the same text', () => {
  const cases = { 'a\nb\n': '\n', 'a\r\nb\r\n': '\r\n', 'a\rb': '\r', 'a\r\nb\n': '\n', 'a\r\nb\rc': '\n', a: '\n', '': '\n' };
  for (const [text, separator] of Object.entries(cases)) {
    expect([text, lineSeparatorOf(text)]).toEqual([text, separator]);
    expect(text.split(separator).join(separator)).toBe(text);
  }
});

it('names copies beside the file', () => {
  expect(copyPath('a/b.tar.gz', 1)).toBe('a/b.tar (copy).gz');
  expect([copyPath('.env', 2), copyPath('Makefile', 1)]).toEqual(['.env (copy 2)', 'Makefile (copy)']);
});

it('writes shapes', () => {
  expect([shapeText([]), shapeText([3]), shapeText([2, 768])]).toEqual(['scalar', '3', '2 × 768']);
});
