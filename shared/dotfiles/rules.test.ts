import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isStowageError } from '../errors.ts';
import { checkDotfiles, mostDotfileBytes, mostDotfiles, parseDotfilePath } from './rules.ts';

it('takes paths below the home directory that begin with a dot', () => {
  for (const path of ['.bashrc', '.aws/config', '.config/a b/ü.json']) expect(parseDotfilePath(path)).toBe(path);
  expect(parseDotfilePath('~/.netrc')).toBe('.netrc');
});

it('refuses every other path', () => {
  for (const path of ['', '.', '..', 'bashrc', '/etc/x', '/.bashrc', '.a/../b', '.a//b', '.a/', '.a\n', '.a\0', '../.a', './.a'])
    expect(() => parseDotfilePath(path), path).toThrowError(expect.objectContaining({ code: 'path-refused' }));
  for (const path of ['.stowage', '.stowage/secrets/TOKEN'])
    expect(() => parseDotfilePath(path), path).toThrowError(expect.objectContaining({ code: 'name-reserved' }));
});

it('gives paths that stay below the home directory, whatever is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '~', '\\') }), (text) => {
      try {
        const path = parseDotfilePath(text);
        expect(path.startsWith('.')).toBe(true);
        for (const segment of path.split('/')) expect(['', '.', '..']).not.toContain(segment);
      } catch (error) {
        expect(isStowageError(error)).toBe(true);
      }
    }),
  );
});

it('keeps files from being folders of others, and all within their limits', () => {
  const one = (path: string, bytes = 10) => ({ path, bytes });
  expect(() => checkDotfiles([one('.aws/config')], one('.aws/credentials'))).not.toThrow();
  expect(() => checkDotfiles([one('.aws')], one('.aws/config'))).toThrowError(expect.objectContaining({ code: 'exists' }));
  expect(() => checkDotfiles([one('.aws/config')], one('.aws'))).toThrowError(expect.objectContaining({ code: 'exists' }));
  const full = Array.from({ length: mostDotfiles }, (_, index) => one(`.f${index}`));
  expect(() => checkDotfiles(full, one('.more'))).toThrowError(/100 dotfiles already/);
  expect(() => checkDotfiles(full.slice(1), one('.more'))).not.toThrow();
  expect(() => checkDotfiles([one('.a', mostDotfileBytes - 5)], one('.b', 5))).not.toThrow();
  expect(() => checkDotfiles([one('.a', mostDotfileBytes - 5)], one('.b', 6))).toThrowError(/64 KiB/);
});
