import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { GitState } from '#shared/contract/provenance.ts';
import { findProgram } from '../find-program.ts';

/** Answers of Git that take longer are given up: nothing waits for them. */
const patienceMs = 10_000;
/** Bytes of an answer that are looked at. */
const mostBytes = 4 * 1024 ** 2;

export interface GitOptions {
  /** Holds what Git needs for a moment; exists. */
  readonly directory: string;
  /** A repository is looked for in the folders above as well. */
  readonly above: boolean;
  readonly signal: AbortSignal;
}

/**
 * The state of the Git working copy that a folder is, or lies in; null where there is none, or no Git. Never fails but with
 * the signal.
 *
 * A repository may come from anybody, and its configuration may name programs. The only question that is asked of it as it
 * is runs none (`rev-parse`); for the comparison of the files Git is given a repository of our own with the same commit,
 * index and objects, which has no configuration, hooks, filters or file system monitor, and submodules are left alone.
 */
export async function gitStateOf(folder: string, options: GitOptions): Promise<GitState | null> {
  const top = await workingCopy(folder, options.above);
  if (top === null) return null;
  const git = await findProgram('git');
  if (git === null) return nothingKnown(null, null, 'Git is not installed, so the commit is not known.');
  const ask = (args: readonly string[], env: Record<string, string> = {}): Promise<Answer> =>
    run(git, ['-c', 'core.fsmonitor=', '-c', `core.hooksPath=${devNull}`, '-C', top, ...args], env, options.signal);
  const places = await ask(['rev-parse', '--git-path', 'index', '--git-path', 'objects', '--git-path', 'info/exclude']);
  const [index, objects, exclude] = places.text.split('\n').map((path) => resolve(top, path));
  if (places.code !== 0 || !index || !objects || !exclude) return nothingKnown(null, null, wordsOf(places));
  const head = await ask(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const named = await ask(['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const branch = named.code === 0 && named.text.trim() !== '' ? named.text.trim() : null;
  const commit = /^[0-9a-f]{40}([0-9a-f]{24})?\s*$/.test(head.text) ? head.text.trim() : null;
  if (commit === null) return nothingKnown(null, branch, 'There is no commit yet.');

  const own = await mkdtemp(join(options.directory, 'git-'));
  try {
    await makeRepository(own, commit, exclude);
    const env = { GIT_DIR: own, GIT_WORK_TREE: top, GIT_INDEX_FILE: index, GIT_OBJECT_DIRECTORY: objects };
    const status = await ask(['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules=all'], env);
    if (status.code !== 0) return nothingKnown(commit, branch, wordsOf(status));
    return {
      commit,
      branch,
      ...countStatus(status.text),
      problem: status.cut ? 'Only the first of the changes were counted.' : null,
    };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

const nothingKnown = (commit: string | null, branch: string | null, problem: string): GitState => ({
  commit,
  branch,
  modified: null,
  untracked: null,
  problem,
});

function countStatus(text: string): { modified: number; untracked: number } {
  let untracked = 0;
  let modified = 0;
  for (const line of text.split('\0')) {
    if (line.startsWith('?? ')) untracked += 1;
    else if (line !== '') modified += 1;
  }
  return { modified, untracked };
}

/** A repository without anything of its own but what it is told to ignore. */
async function makeRepository(own: string, commit: string, exclude: string): Promise<void> {
  for (const folder of ['refs', 'objects', 'info']) await mkdir(join(own, folder));
  const format =
    commit.length > 40
      ? '\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n'
      : '\trepositoryformatversion = 0\n';
  await writeFile(join(own, 'config'), `[core]\n${format}`);
  await writeFile(join(own, 'HEAD'), `${commit}\n`);
  const { size = 0 } = await stat(exclude).catch(() => ({}) as { size?: number });
  if (size > 0 && size < mostBytes) await copyFile(exclude, join(own, 'info', 'exclude'));
}

/** The folder with `.git`, from `folder` on upwards; null when there is none. */
async function workingCopy(folder: string, above: boolean): Promise<string | null> {
  let place = await realpath(folder).catch(() => folder);
  for (;;) {
    if (await isThere(join(place, '.git'))) return place;
    const parent = dirname(place);
    if (!above || parent === place) return null;
    place = parent;
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

interface Answer {
  readonly code: number | null;
  readonly text: string;
  readonly error: string;
  /** There was more than is looked at. */
  readonly cut: boolean;
}

/** What of this process's environment would lead Git elsewhere. */
const leading = /^GIT_/;

function run(git: string, args: readonly string[], env: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  const kept = Object.entries(process.env).filter(([name]) => !leading.test(name));
  return new Promise((done) => {
    const child = spawn(git, args, {
      env: {
        ...Object.fromEntries(kept),
        // The index is not written to, nobody is asked for a password, and words are those that are looked for.
        ...{ GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_REPLACE_OBJECTS: '1', LC_ALL: 'C' },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      signal,
    });
    const [text, error] = [collect(child.stdout), collect(child.stderr)];
    const end = (code: number | null, why = ''): void =>
      done({ code, text: text.read(), error: why || error.read(), cut: text.cut() });
    child.once('error', (problem) => end(null, String(problem)));
    child.once('close', (code) => end(code));
  });
}

function collect(stream: NodeJS.ReadableStream): { read(): string; cut(): boolean } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < mostBytes) chunks.push(chunk);
    bytes += chunk.length;
  });
  return { read: () => Buffer.concat(chunks).toString(), cut: () => bytes > mostBytes };
}

function wordsOf({ code, error }: Answer): string {
  if (code === null && error === '') return 'Git did not answer in time.';
  if (error.includes('dubious ownership')) return 'The repository belongs to another user, so Git does not open it.';
  return `Git cannot read the repository: ${error.split('\n')[0] || `it ended with ${code}`}`;
}
