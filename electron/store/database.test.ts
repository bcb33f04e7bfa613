import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { migrations } from './migrations.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-store-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const path = (): string => join(home, 'stowage.db');
const version = (file: string): number => {
  const connection = new DatabaseSync(file);
  try {
    return Number(connection.prepare('PRAGMA user_version').get()?.user_version);
  } finally {
    connection.close();
  }
};

function fill(rows: number): void {
  const { database } = openDatabase(home);
  database.transaction(() => {
    for (let row = 0; row < rows; row++)
      database.run('INSERT INTO settings (key, value) VALUES (?, ?)', `key ${row}`, 'x'.repeat(200));
  });
  database.close();
}

it('keeps what was written and ends at the newest schema', () => {
  fill(3);
  expect(version(path())).toBe(migrations.length);
  const { database, quarantined } = openDatabase(home);
  expect(database.get('SELECT count(*) AS count FROM settings')).toEqual({ count: 3 });
  expect(quarantined).toBeNull();
  database.close();
});

it('brings every older schema to the newest', () => {
  for (let from = 0; from < migrations.length; from++) {
    rmSync(path(), { force: true });
    const old = new DatabaseSync(path());
    for (const sql of migrations.slice(0, from)) old.exec(sql);
    old.exec(`PRAGMA user_version = ${from}`);
    old.close();
    openDatabase(home).database.close();
    expect(version(path())).toBe(migrations.length);
  }
});

it('refuses the database of a newer Stowage and leaves it as it is', () => {
  fill(1);
  const newer = new DatabaseSync(path());
  newer.exec(`PRAGMA user_version = ${migrations.length + 1}`);
  newer.close();
  const before = readFileSync(path());
  expect(() => openDatabase(home)).toThrow(expect.objectContaining({ code: 'data-damaged' }));
  expect(readFileSync(path()).equals(before)).toBe(true);
});

it.each([
  ['cut in the middle', (file: string) => truncateSync(file, 50_000)],
  ['overwritten at its begin', (file: string) => writeFileSync(file, `no database ${'x'.repeat(9000)}`)],
  [
    'with pages of rubbish',
    (file: string) => {
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4096, bytes.length - 4096);
      writeFileSync(file, bytes);
    },
  ],
])('puts a database aside that is %s, begins a new one and says so (A23)', (_how, damage) => {
  fill(2000);
  damage(path());
  const damaged = readFileSync(path());
  const { database, quarantined } = openDatabase(home);
  expect(database.get('SELECT count(*) AS count FROM settings')).toEqual({ count: 0 });
  database.close();
  expect(quarantined?.path).toMatch(/stowage\.db\.damaged-/);
  expect(readFileSync(quarantined?.path ?? '').equals(damaged)).toBe(true);
  expect(openDatabase(home).quarantined).toBeNull();
});

it('starts with what was whole when the write-ahead log is cut, as after a power cut', () => {
  const { database } = openDatabase(home);
  for (let row = 0; row < 50; row++) database.run('INSERT INTO settings (key, value) VALUES (?, ?)', `key ${row}`, 'x');
  // What is on the disk while the writer lives: the log has not been folded into the database.
  const copy = mkdtempSync(join(tmpdir(), 'stowage-store-'));
  for (const name of ['stowage.db', 'stowage.db-wal']) copyFileSync(join(home, name), join(copy, name));
  database.close();
  const log = join(copy, 'stowage.db-wal');
  truncateSync(log, Math.floor(readFileSync(log).length - 10_000));
  const { database: after, quarantined } = openDatabase(copy);
  const rows = Number(after.get<{ count: number }>('SELECT count(*) AS count FROM settings')?.count);
  expect(rows).toBeGreaterThan(30);
  expect(rows).toBeLessThan(50);
  expect(quarantined).toBeNull();
  after.close();
  rmSync(copy, { recursive: true, force: true });
});

it('rolls a transaction back whose work throws', () => {
  const { database } = openDatabase(home);
  const work = (): void => {
    database.run('INSERT INTO settings (key, value) VALUES (?, ?)', 'a', 'b');
    throw new Error('half done');
  };
  expect(() => database.transaction(work)).toThrow('half done');
  expect(database.all('SELECT * FROM settings')).toEqual([]);
  database.close();
  expect(readdirSync(home)).toEqual(['stowage.db']);
});
