import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, bytes, textOf } from '../contract/world.ts';
import { createLocalProvider } from './provider.ts';

/** A small disk needs a mount, which only root may make. */
const isRoot = process.platform === 'linux' && process.geteuid?.() === 0;

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(1_048_576, index);
}

describe.runIf(isRoot)('a full disk (A5)', () => {
  let disk: string;
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'stowage-small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', disk]);
  });
  afterAll(() => {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  };

  it('is told as such, keeps the old content and leaves no part behind', async () => {
    const provider = createLocalProvider(disk);
    await provider.write(at('file'), bytes('old'));
    const free = freeBytes();
    const failure = await provider.write(at('file'), megabytes(50)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'disk-full',
      retryable: false,
      message: 'The disk is full: “file” cannot be written.',
    });
    expect(await textOf(provider, 'file')).toBe('old');
    expect(readdirSync(disk)).toEqual(['file']);
    expect(freeBytes()).toBe(free);
  });

  it('stops a resumable write, which frees the space when it is aborted', async () => {
    const provider = createLocalProvider(disk);
    const free = freeBytes();
    const write = await provider.openWrite(at('other'), 'key');
    await expect(write.append(megabytes(50))).rejects.toMatchObject({ code: 'disk-full' });
    expect(write.committed).toBeGreaterThan(5_000_000);
    await write.abort();
    expect(freeBytes()).toBe(free);
  });
});
