import { expect, it } from 'vitest';
import { parseInnerPath } from '#shared/paths.ts';
import { listedNameProblem, unsafeEntry } from './listed-names.ts';

it('refuses what could climb or is no name, and nothing else (A1)', () => {
  for (const name of ['', '.', '..', 'a\0b', '..\\..\\w', 'a\\..\\b', '..\\', 'a/b']) {
    expect(listedNameProblem(name), JSON.stringify(name)).not.toBeNull();
  }
  for (const name of ['...', '..a', 'a..', 'back\\slash', ' ', '\\', '%2e%2e', '-', 'C:\\x']) {
    expect(listedNameProblem(name), JSON.stringify(name)).toBeNull();
  }
});

it('stands for it by a path that is no path to anything, and says why (A1)', () => {
  for (const name of ['', '..', '..\\..\\w', 'a/../b', 'nul\0']) {
    const entry = unsafeEntry(parseInnerPath('folder'), name, 'a part of its name is “..”');
    expect(parseInnerPath(entry.path)).toBe(entry.path);
    expect(entry.path.split('/')).toHaveLength(2);
    expect(entry).toMatchObject({ kind: 'special', problem: expect.stringMatching(/folder.* is left alone: .*\.$/s) });
  }
});
