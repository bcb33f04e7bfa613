import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gitStateOf } from './git-state.ts';

let folder: string;
let work: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-git-'));
  work = join(folder, 'work');
  for (const name of ['work', 'scratch']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const stateOf = (place: string, above = false) =>
  gitStateOf(place, { directory: join(folder, 'scratch'), above, signal: new AbortController().signal });

function commitFile(): string {
  git('init', '-q', '-b', 'main');
  writeFileSync(join(work, 'train.py'), 'print(1)\n');
  writeFileSync(join(work, '.gitignore'), 'cache/\n');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  return git('rev-parse', 'HEAD');
}

it('tells commit, branch and what is not in the commit', async () => {
  const commit = commitFile();
  const clean = { commit, branch: 'main', modified: 0, untracked: 0, problem: null };
  expect(await stateOf(work)).toEqual(clean);
  mkdirSync(join(work, 'cache'));
  writeFileSync(join(work, 'cache', 'ignored'), '');
  writeFileSync(join(work, '.git', 'info', 'exclude'), 'own-notes\n');
  writeFileSync(join(work, 'own-notes'), '');
  expect(await stateOf(work)).toEqual(clean);
  appendFileSync(join(work, 'train.py'), 'print(2)\n');
  writeFileSync(join(work, 'new.py'), '');
  expect(await stateOf(work)).toEqual({ ...clean, modified: 1, untracked: 1 });
  git('checkout', '-q', '--detach');
  expect(await stateOf(work)).toMatchObject({ commit, branch: null });
  expect(readdirSync(join(folder, 'scratch'))).toEqual([]);
});

it('looks for it in the folders above when asked to, and says nothing of a folder without one', async () => {
  const commit = commitFile();
  mkdirSync(join(work, 'sub'));
  expect(await stateOf(join(work, 'sub'))).toBeNull();
  expect(await stateOf(join(work, 'sub'), true)).toMatchObject({ commit });
});

it('knows a repository without commits and one that is broken', async () => {
  git('init', '-q', '-b', 'main');
  expect(await stateOf(work)).toMatchObject({ commit: null, branch: 'main', problem: 'There is no commit yet.' });
  rmSync(join(work, '.git'), { recursive: true });
  writeFileSync(join(work, '.git'), 'gitdir: /no/such/place\n');
  expect(await stateOf(work)).toMatchObject({ commit: null, modified: null, problem: expect.stringContaining('cannot read') });
});

it('runs no program that the repository names', async () => {
  commitFile();
  const witness = join(folder, 'witness');
  const program = join(folder, 'program');
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${witness}'\ncat\n`);
  chmodSync(program, 0o755);
  const hooks = join(work, '.git', 'hooks');
  for (const hook of ['post-index-change', 'fsmonitor-watchman', 'pre-commit', 'reference-transaction']) {
    writeFileSync(join(hooks, hook), `#!/bin/sh\necho hook >> '${witness}'\n`);
    chmodSync(join(hooks, hook), 0o755);
  }
  writeFileSync(join(work, '.gitattributes'), '* filter=evil diff=evil\n');
  const settings = {
    ...{ 'core.fsmonitor': program, 'core.hooksPath': hooks, 'core.pager': program, 'core.editor': program },
    ...{ 'filter.evil.clean': program, 'filter.evil.smudge': program, 'filter.evil.process': program },
    ...{ 'diff.evil.command': program, 'diff.external': program, 'core.sshCommand': program, 'alias.status': `!${program}` },
  };
  for (const [name, value] of Object.entries(settings)) git('config', name, value);
  // Changed, of the same size: Git has to read it, through the filter if it knew of one.
  writeFileSync(join(work, 'train.py'), 'print(2)\n');
  // The trap works: Git itself falls into it.
  git('status');
  expect(existsSync(witness)).toBe(true);
  rmSync(witness);
  expect(await stateOf(work)).toMatchObject({ branch: 'main', modified: 1, untracked: 1, problem: null });
  expect(existsSync(witness)).toBe(false);
});
