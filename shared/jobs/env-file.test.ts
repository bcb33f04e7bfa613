import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseEnvFile } from './env-file.ts';

const read = (text: string): Record<string, string> =>
  Object.fromEntries(parseEnvFile(text).variables.map(({ name, value }) => [name, value]));

it('reads names, quotes, comments, export and CRLF', () => {
  const text = [
    '\uFEFF# settings',
    '',
    'PLAIN=value with spaces   # and a comment',
    'export EXPORTED=yes',
    '  INDENTED = 1',
    'EMPTY=',
    'COMMENTED=# nothing',
    'HASH=a#b',
    'EQUALS=a=b=c',
    "SINGLE='as $it \\n is' # comment",
    'DOUBLE="tab\\tline\\nquote\\"dollar\\$ back\\\\ other\\d"',
    'TICKS=`both \' and "`',
    'URL=postgres://u:p@h/db?x=1',
    'DOTTED.NAME-1=x',
    'TWICE=1',
    'TWICE=2',
  ].join('\r\n');
  expect(parseEnvFile(text).refused).toEqual([]);
  expect(read(text)).toEqual({
    PLAIN: 'value with spaces',
    EXPORTED: 'yes',
    INDENTED: '1',
    EMPTY: '',
    COMMENTED: '',
    HASH: 'a#b',
    EQUALS: 'a=b=c',
    SINGLE: 'as $it \\n is',
    DOUBLE: 'tab\tline\nquote"dollar$ back\\ other\\d',
    TICKS: 'both \' and "',
    URL: 'postgres://u:p@h/db?x=1',
    'DOTTED.NAME-1': 'x',
    TWICE: '2',
  });
});

it('reads values of several lines in quotes', () => {
  const key = '-----BEGIN KEY-----\nabc=\n-----END KEY-----';
  expect(read(`A=1\nKEY="${key}"\nRAW='${key}'\nB=2`)).toEqual({ A: '1', KEY: key, RAW: key, B: '2' });
});

it('names the lines that say nothing, and never their text', () => {
  const { variables, refused } = parseEnvFile('A=1\nnot a variable\n=x\nB="two" three\nC="open\nD=4');
  expect(variables.map(({ name }) => name)).toEqual(['A', 'D']);
  expect(refused.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  expect(JSON.stringify(refused)).not.toMatch(/three|open\b.*D/);
});

it('reads any text, and back what was written in single quotes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'binary-ascii' }), (text) => {
      expect(Array.isArray(parseEnvFile(text).variables)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a#"\n\\$= `é') }), (value) => {
      expect(read(`A='${value}'\n`)).toEqual({ A: value });
    }),
  );
});

it('comes to the end of large hostile texts', () => {
  expect(parseEnvFile('A="\\'.repeat(100_000)).refused).toHaveLength(1);
  expect(parseEnvFile("A='\n".repeat(100_001)).refused.length).toBeGreaterThan(0);
  expect(read(`A=${' #'.repeat(200_000)}`)).toEqual({ A: '' });
});
