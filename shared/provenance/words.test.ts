import { describe, expect, it } from 'vitest';
import type { TreeChanges } from '../contract/provenance.ts';
import { changesInWords, gitInWords } from './words.ts';

const changes = (some: Partial<TreeChanges>): TreeChanges => ({
  ...{ added: 0, removed: 0, changed: 0, unsure: 0, unchanged: 9, files: [] },
  ...some,
});

describe('words', () => {
  it('count what changed', () => {
    expect(changesInWords(changes({}))).toBe('nothing changed');
    expect(changesInWords(changes({ added: 1 }))).toBe('1 file added');
    expect(changesInWords(changes({ changed: 2, removed: 1200, unsure: 1 }))).toBe(
      '2 files changed, 1,200 removed, 1 not comparable',
    );
  });

  it('tell a commit, and whether everything is in it', () => {
    const git = { commit: '3f2c91ab00aa11bb', branch: 'main', modified: 0, untracked: 0, problem: null };
    expect(gitInWords(git)).toBe('3f2c91ab00 on main, clean');
    expect(gitInWords({ ...git, branch: null, modified: 2, untracked: 1 })).toBe('3f2c91ab00, 2 files modified, 1 untracked');
    expect(gitInWords({ ...git, commit: null, modified: null, untracked: null })).toBe('no commit yet on main');
  });
});
