import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transfer } from '#shared/contract/transfers.ts';
import { endChild, runChild } from './crash.fixture.ts';

let directory: string;
let source: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-crash-'));
  source = join(directory, 'source');
  mkdirSync(source);
});
afterEach(() => {
  endChild();
  rmSync(directory, { recursive: true, force: true });
});

type Line = Partial<Transfer> & { written?: number };

const run = (args: string[], enough: (line: Line) => boolean, user?: number): Promise<Line[]> =>
  runChild('crash-child.ts', [directory, ...args], enough, { ...(user !== undefined && { uid: user, gid: user }) });

const never = (): boolean => false;

describe('after kill -9', () => {
  it('goes on in the middle of a file at its checkpoint, and the result is equal', async () => {
    const size = 400_000_000;
    const big = join(source, 'big');
    execFileSync('sh', [
      '-c',
      `head -c 100000000 /dev/urandom > "${big}"; truncate -s 300000000 "${big}"; head -c 100000000 /dev/urandom >> "${big}"`,
    ]);
    const before = await run([source], ({ bytes }) => bytes !== undefined && bytes.done > 140_000_000);
    expect(before.at(-1)).toMatchObject({ state: 'running', files: { done: 0 } });
    const after = await run([], never);
    const written = after.at(-1)?.written ?? Number.NaN;
    // Checkpoints are 64 MiB apart, so at least two of them were kept; the rest was written once.
    expect(written).toBeLessThan(size - 128 * 1024 * 1024 + 10_000_000);
    expect(after.at(-2)).toMatchObject({
      state: 'done',
      files: { total: 1, done: 1, failed: 0 },
      bytes: { total: size, done: size },
    });
    execFileSync('cmp', [big, join(directory, 'host/v/source/big')]);
    expect(readdirSync(join(directory, 'host/v/source'))).toEqual(['big']);
  });

  it('finishes a tree without sending again, doubting or doubling what had landed', async () => {
    // It takes longer than is between two states that are told, so that one is told in the middle.
    execFileSync('sh', ['-c', `head -c 300000000 /dev/urandom > "${join(source, 'big')}"`]);
    for (let folder = 0; folder < 100; folder++) {
      mkdirSync(join(source, `d${folder}`));
      for (let file = 0; file < 100; file++)
        writeFileSync(join(source, `d${folder}`, `f${file}`), `${folder} ${file}\n`.repeat(500));
    }
    const before = await run([source], ({ files }) => files !== undefined && files.done > 0);
    expect(before.at(-1)?.state).toBe('running');
    const done = before.at(-1)?.files?.done ?? 0;
    const after = await run([], never);
    expect(after[0]?.files?.done).toBeGreaterThanOrEqual(done);
    expect(after.at(-2)).toMatchObject({
      state: 'done',
      conflicts: 0,
      files: { total: 10_001, done: 10_001, skipped: 0, failed: 0 },
    });
    execFileSync('diff', ['-r', source, join(directory, 'host/v/source')]);
  });
});

describe('for a user who may not read everything', () => {
  it('lists the file and the folder that cannot be read, and the rest completes', async () => {
    writeFileSync(join(source, 'good'), 'fine');
    writeFileSync(join(source, 'secret'), 'hidden');
    mkdirSync(join(source, 'closed'));
    writeFileSync(join(source, 'closed/x'), 'hidden');
    mkdirSync(join(source, 'open'));
    writeFileSync(join(source, 'open/y'), 'fine');
    // Permissions do not bind root, so root runs this as nobody.
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
    if (nobody !== undefined) execFileSync('chown', ['-R', `${nobody}:${nobody}`, directory]);
    chmodSync(join(source, 'secret'), 0o000);
    chmodSync(join(source, 'closed'), 0o000);
    const lines = await run([source], never, nobody);
    expect(lines.at(-2)).toMatchObject({
      state: 'failed',
      files: { total: 4, done: 2, failed: 2 },
      problem: { code: 'permission-denied' },
    });
    chmodSync(join(source, 'closed'), 0o700);
    expect(readdirSync(join(directory, 'host/v/source')).sort()).toEqual(['closed', 'good', 'open']);
  });
});
