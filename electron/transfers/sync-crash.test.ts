import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Transfer } from '#shared/contract/transfers.ts';
import { endChild, runChild } from './crash.fixture.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let directory: string;
let source: string;
let target: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-crash-'));
  source = join(directory, 'source');
  target = join(directory, 'host/v');
  for (let folder = 0; folder < 30; folder++) {
    mkdirSync(join(source, `d${folder}`), { recursive: true });
    for (let file = 0; file < 100; file++)
      writeFileSync(join(source, `d${folder}`, `f${file}`), `${folder} ${file}\n`.repeat(800));
  }
});
afterEach(() => {
  endChild();
  rmSync(directory, { recursive: true, force: true });
});

const run = (args: string[], enough: (transfer: Transfer) => boolean): Promise<Transfer[]> =>
  runChild('sync-crash-child.ts', [directory, ...args], enough);
const never = (): boolean => false;

/** Fills the destination with what a sync has to remove. */
function putSurplus(folders = 20): void {
  for (let folder = 0; folder < folders; folder++) {
    mkdirSync(join(target, `old${folder}`), { recursive: true });
    for (let file = 0; file < 100; file++) writeFileSync(join(target, `old${folder}`, `x${file}`), 'x');
  }
}

describe('a sync after kill -9', () => {
  it('goes on with the plan, which holds every step once', async () => {
    // Enough for some seconds of planning, so that the kill at its first steps comes in the middle of it.
    putSurplus(100);
    const before = await run(['sync', source], ({ files, scanned }) => !scanned && files.total > 0);
    expect(before.at(-1)).toMatchObject({ scanned: false, sync: { add: expect.any(Number) } });
    const after = await run([], never);
    expect(after.find(({ state }) => state === 'review')).toMatchObject({
      sync: { add: 3000, update: 0, remove: 10_000, unchanged: 0 },
      files: { total: 13_000, failed: 0 },
    });
    expect(after.at(-1)).toMatchObject({ state: 'done', files: { total: 13_000, done: 13_000, skipped: 0 } });
    execFileSync('diff', ['-r', source, target]);
  });

  it('goes on with what was approved: nothing is sent twice, and what was reviewed is removed', async () => {
    putSurplus();
    const before = await run(['sync', source], ({ files }) => files.done > 500);
    expect(before.at(-1)).toMatchObject({ state: 'running', scanned: true });
    const after = await run([], never);
    expect(after.map(({ state }) => state)).not.toContain('review');
    expect(after[0]?.files.done).toBeGreaterThanOrEqual(before.at(-1)?.files.done ?? Number.NaN);
    expect(after.at(-1)).toMatchObject({ state: 'done', files: { total: 5000, done: 5000, failed: 0 } });
    execFileSync('diff', ['-r', source, target]);
  });

  it('goes on among the removals', async () => {
    putSurplus(100);
    const before = await run(['sync', source], ({ files }) => files.done > 3000);
    expect(before.at(-1)?.files.done).toBeLessThan(13_000);
    expect((await run([], never)).at(-1)).toMatchObject({ state: 'done', files: { done: 13_000, failed: 0, skipped: 0 } });
    execFileSync('diff', ['-r', source, target]);
  });
});

describe('packing after kill -9', () => {
  it('keeps the shards that were finished, and leaves shards that hold every file once', async () => {
    const before = await run(['pack', source], ({ files }) => files.done > 400);
    expect(before.at(-1)).toMatchObject({ state: 'running' });
    const times = () =>
      Object.fromEntries(
        readdirSync(join(target, 'source')).map((name) => [name, statSync(join(target, 'source', name)).mtimeMs]),
      );
    const kept = times()['shard-000000.tar'];
    const after = await run([], never);
    expect(after.at(-1)).toMatchObject({ state: 'done', files: { total: 3000, done: 3000, failed: 0 } });
    expect(times()['shard-000000.tar']).toBe(kept);
    expect(readdirSync(join(target, 'source')).filter((name) => name.startsWith('.'))).toEqual([]);
    const out = join(directory, 'out');
    mkdirSync(out);
    let members = 0;
    for (const name of Object.keys(times()).filter((each) => each.endsWith('.tar'))) {
      const listed = execFileSync('tar', ['-tf', join(target, 'source', name)])
        .toString()
        .trimEnd();
      members += listed === '' ? 0 : listed.split('\n').length;
      execFileSync('tar', ['-xf', join(target, 'source', name), '-C', out]);
    }
    expect(members).toBe(3000);
    execFileSync('diff', ['-r', source, out]);
  });
});
