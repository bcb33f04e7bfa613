import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createSharedSync, type SyncProgram } from './copy-sync.ts';

/** A program whose syncs end when the test says so. */
function slowProgram(): SyncProgram & { readonly begun: ((cost: number | null) => void)[] } {
  const begun: ((cost: number | null) => void)[] = [];
  return { begun, sync: () => new Promise((resolve) => begun.push(resolve)), end: () => undefined };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a sync for all who ask', () => {
  it('never answers by one that had begun before it was asked for, and serves all who wait with the next', async () => {
    const program = slowProgram();
    const shared = createSharedSync(
      () => false,
      () => program,
    );
    const first = shared.sync('/x');
    const later = [shared.sync('/x'), shared.sync('/x')];
    expect(program.begun).toHaveLength(1);
    program.begun[0]?.(1);
    expect(await first).toBe(1);
    await settled();
    expect(program.begun).toHaveLength(2);
    program.begun[1]?.(2);
    expect(await Promise.all(later)).toEqual([2, 2]);
    expect(program.begun).toHaveLength(2);
  });

  it('lets the disk rest while files are copied, until nothing is', async () => {
    const program = slowProgram();
    let copying = true;
    const shared = createSharedSync(
      () => copying,
      () => program,
    );
    void shared.sync('/x');
    program.begun[0]?.(60_000);
    await settled();
    void shared.sync('/x');
    await settled();
    expect(program.begun).toHaveLength(1);
    copying = false;
    shared.hurry();
    expect(program.begun).toHaveLength(2);
    shared.close();
  });
});

describe.runIf(process.platform === 'linux')('the sync program', () => {
  const directory = mkdtempSync(join(tmpdir(), "stowage-sync-'\n-"));
  const shared = createSharedSync(() => false);
  afterEach(() => {
    shared.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('syncs any folder, again and again, and says when it cannot', async () => {
    expect(await shared.sync(directory)).toBeGreaterThan(0);
    expect(await shared.sync(directory)).toBeGreaterThan(0);
    expect(await shared.sync(join(directory, 'missing'))).toBeNull();
  });
});
