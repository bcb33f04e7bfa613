import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { createJournal, type FileRow, type Journal, type NewFile } from './journal.ts';
import { collisionProblem } from './scan.ts';

let directory: string;
let database: Database;
let journal: Journal;
let id: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-journal-'));
  ({ database } = openDatabase(directory));
  journal = createJournal(database);
  const place = { kind: 'local', path: '/x' } as const;
  const request = { sources: [place], destination: place, vfolderIds: [] };
  id = journal.create({ kind: 'copy', title: 'x', request, state: 'running', conflict: 'ask' });
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const found = (path: string, size: number, kind: 'file' | 'directory' = 'file'): NewFile => ({
  key: path,
  source_index: 0,
  source: path,
  path,
  kind,
  size,
  state: kind === 'file' ? 'pending' : 'scan',
});
const add = (entries: NewFile[], claimed: FileRow[] | null = null): number[] =>
  journal.addFiles(id, entries, collisionProblem, undefined, 0, claimed);

it('notes arrivals in any order with gaps between them, and counts them', () => {
  const seqs = add(Array.from({ length: 10 }, (_, index) => found(`f${index}`, index + 1)));
  journal.claim(id, 100, 1000);
  journal.update(id, new Map([[seqs[4] ?? 0, { state: 'failed' }]]), [9, 1, 2, 10, 3, 7]);
  const states = journal.files(id, {}, 0, 100).map(({ state, done }) => `${state} ${done}`);
  expect(states).toEqual([
    'done 1',
    'done 2',
    'done 3',
    'active 0',
    'failed 0',
    'active 0',
    'done 7',
    'active 0',
    'done 9',
    'done 10',
  ]);
  expect(journal.transfer(id)).toMatchObject({
    files_total: 10,
    files_done: 6,
    files_failed: 1,
    bytes_total: 55,
    bytes_done: 1 + 2 + 3 + 7 + 9 + 10,
  });
});

it('claims new files as they are found, as if they had been claimed later', () => {
  add([found('known', 5)]);
  const claimed: FileRow[] = [];
  add([found('known', 5), found('folder', 0, 'directory'), found('new', 7)], claimed);
  expect(claimed.map(({ path }) => path)).toEqual(['new']);
  expect(journal.claim(id, 100, 1000).map(({ path }) => path)).toEqual(['known']);
  const [known, folder, fresh] = journal.rowsByKey(id, '', 10).toSorted((a, b) => a.seq - b.seq);
  expect(folder).toMatchObject({ state: 'scan', begun: 0 });
  expect({ ...fresh, seq: 0, key: '', source: '', path: '', size: 0 }).toEqual({
    ...known,
    seq: 0,
    key: '',
    source: '',
    path: '',
    size: 0,
  });
  expect({ ...claimed[0] }).toEqual({ ...fresh, state: 'pending', begun: 0 });
  expect(journal.transfer(id)).toMatchObject({ files_total: 2, bytes_total: 12 });
});
