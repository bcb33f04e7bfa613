import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Prepared, type Sample, type Side, timeClient, timeCommand } from '../harness.ts';

/** 4 GiB that do not compress and have no holes. */
function makeLarge(folder: string): void {
  const chunk = Buffer.allocUnsafe(64 * 1024 * 1024);
  const file = openSync(join(folder, 'large.bin'), 'w');
  for (let index = 0; index < 64; index++) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}

/** 20,000 files of 4 KiB in 100 folders. */
function makeSmall(folder: string): void {
  const chunk = Buffer.allocUnsafe(4096);
  for (let at = 0; at < 100; at++) {
    const inside = join(folder, `part-${at}`);
    mkdirSync(inside);
    for (let file = 0; file < 200; file++) writeFileSync(join(inside, `sample-${file}.bin`), randomFillSync(chunk));
  }
}

type Leave = 'remove' | 'keep';

/**
 * One folder of this machine's disk into a vfolder on the same disk, the source in the page cache. Ours verifies what it
 * wrote and is durable when it ends; `cp -a` does neither, so a second figure of it syncs the file system at the end.
 * The disk is quiet before each run. Copies of many files are kept until all rounds are over: ext4 does not use an inode
 * again for minutes after its file was removed and steps over each such one, so that removing 20,000 files makes the
 * next copy, whoever makes it, five to twenty times slower.
 */
async function prepare(files: number, fill: (folder: string) => void, leave: Leave): Promise<Prepared> {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  const source = join(directory, 'source');
  mkdirSync(source);
  fill(source);
  let runs = 0;
  const around = (work: (target: string) => Promise<Sample>) => async (): Promise<Sample> => {
    const target = join(directory, `target-${runs++}`);
    mkdirSync(target);
    execFileSync('sync', ['-f', directory]);
    const sample = await work(target);
    if (leave === 'remove') rmSync(target, { recursive: true });
    return sample;
  };
  const peer = (name: string, command: string, args: (target: string) => readonly string[]): Side => ({
    name,
    run: around((target) => timeCommand(command, args(join(target, 'copy')))),
  });
  return {
    ours: {
      name: 'stowage',
      run: around(async (target) => {
        const sample = await timeClient({
          localRoot: target,
          vfolders: [{ name: 'copy' }],
          work: {
            kind: 'transfer',
            sources: [{ kind: 'local', path: `${source}/` }],
            destination: { kind: 'vfolder', vfolder: 'copy', path: '' },
          },
        });
        if (sample.report.files !== files) throw new Error(`${sample.report.files} of ${files} files were copied`);
        return sample;
      }),
    },
    peers: [
      peer('cp -a', 'cp', (target) => ['-a', `${source}/.`, target]),
      peer('cp -a && sync -f', 'sh', (target) => ['-c', 'cp -a "$1" "$2" && sync -f "$2"', 'sh', `${source}/.`, target]),
      peer('rclone copy', 'rclone', (target) => ['copy', source, target]),
    ],
    cleanUp: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

export const localCopyLarge: Bench = {
  name: 'local-copy-large',
  about: '1 × 4 GiB on one disk, verified and durable; peers: cp -a, cp -a and sync, rclone copy',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 3,
  prepare: () => prepare(1, makeLarge, 'remove'),
};

export const localCopySmall: Bench = {
  name: 'local-copy-small',
  about: '20,000 × 4 KiB on one disk, verified and durable; peers: cp -a, cp -a and sync, rclone copy',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 5,
  prepare: () => prepare(20_000, makeSmall, 'keep'),
};
