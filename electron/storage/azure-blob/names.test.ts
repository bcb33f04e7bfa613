import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeSegment, encodePath, encodeSegment } from './names.ts';

it('writes what Azure cannot hold as its look-alikes, and quotes look-alikes', () => {
  const pairs = [
    ['plain name.txt', 'plain name.txt'],
    ['back\\slash', 'back\uff3cslash'],
    ['tab\tand\u007f', 'tab\u2409and\u2421'],
    ['dot.', 'dot\uff0e'],
    ['...', '..\uff0e'],
    ['dot\uff0e', 'dot\u201b\uff0e'],
    ['dot\uff0einside', 'dot\uff0einside'],
    ['look \uff3c \u2409 \u2421', 'look \u201b\uff3c \u201b\u2409 \u201b\u2421'],
    ['\u201b', '\u201b\u201b'],
    ['slash \uff0f stays', 'slash \uff0f stays'],
  ] as const;
  for (const [name, encoded] of pairs) {
    expect(encodeSegment(name)).toBe(encoded);
    expect(decodeSegment(encoded)).toBe(name);
  }
  expect(encodePath('a./b\uff0e/c.')).toBe('a\uff0e/b\u201b\uff0e/c\uff0e');
});

it('gives every name back', () => {
  const special = fc.constantFrom(
    '\\',
    '.',
    '\uff0e',
    '\uff3c',
    '\u201b',
    '\u2400',
    '\u2409',
    '\u241f',
    '\u2421',
    '\u007f',
    '\u0001',
    'x',
    ' ',
  );
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.array(special, { minLength: 1 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(
      name.filter((text) => !/[/\0]/.test(text)),
      (text) => decodeSegment(encodeSegment(text)) === text,
    ),
    { numRuns: 2000 },
  );
});
