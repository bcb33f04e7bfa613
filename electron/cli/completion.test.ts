import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCore } from '../core.ts';
import { builtCli } from './built-cli.fixture.ts';

// Each question starts a process.

/** A shell on whose PATH `stowage` is, over a data directory of its own. */
let directory: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-completion-'));
  const program = join(directory, 'stowage');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${await builtCli()}" "$@"\n`);
  chmodSync(program, 0o755);
  env = { ...process.env, PATH: `${directory}:${process.env.PATH}`, STOWAGE_HOME: join(directory, 'home') };
  const home = join(directory, 'home');
  const core = await openCore({ home, localRoot: join(home, 'vfolders'), shell: 'cli' });
  for (const name of ['data', 'models', '.cache']) await core.services.vfolders.create({ name }, {});
  await core.close();
  const data = join(home, 'vfolders', 'data');
  mkdirSync(join(data, 'train', 'a b'), { recursive: true });
  writeFileSync(join(data, 'train.csv'), '');
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (script: string): string => execFileSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' });

/** What bash would put in place of the word before the cursor, for each line. */
function inBash(...lines: string[]): string[][] {
  const questions = lines.map(
    (line) => `COMP_LINE=${quote(line)}; COMP_POINT=\${#COMP_LINE}; _stowage; printf '%s\\n' "\${COMPREPLY[@]}"; echo ---`,
  );
  const answers = run(`source <(stowage completion bash); ${questions.join('; ')}`)
    .split('---\n')
    .slice(0, -1);
  return answers.map((answer) => answer.split('\n').filter((line) => line !== ''));
}
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

it('completes commands, options and their choices in bash', () => {
  expect(inBash('stowage vf', 'stowage vfolder li', 'stowage vfolder list --li', 'stowage vfolder list --sort c')).toEqual([
    ['vfolder'],
    ['list-hosts', 'list', 'link'],
    ['--linked'],
    ['created'],
  ]);
});

it('completes vfolders and what is in them, of which bash has the part before “:” on the line', () => {
  expect(inBash('stowage vfolder info ', 'stowage vfolder ls data train/', 'stowage vfolder rm data train.csv tr')).toEqual([
    ['.cache', 'data', 'models'],
    ['train/a\\ b/'],
    ['train/', 'train.csv'],
  ]);
});

it('leaves to the shell what it does not know, and refuses a shell that it does not know', () => {
  expect(inBash('stowage vfolder info x', 'stowage nothing such ')).toEqual([[], []]);
  expect(() => run('stowage completion csh 2>/dev/null')).toThrow();
  expect(run('stowage completion zsh')).toContain('__complete');
});
