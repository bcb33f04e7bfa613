import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CopyContext, copyToPart, publish } from './copy-local.ts';
import type { CopyJob, CopyOutcome } from './copy-protocol.ts';

let directory: string;
const content = Buffer.from('0123456789'.repeat(1000));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-copy-'));
  mkdirSync(join(directory, 'to'));
  writeFileSync(join(directory, 'from'), content);
});
afterEach(() => rmSync(directory, { recursive: true }));

function job(fields: Partial<CopyJob> = {}): CopyJob {
  const from = join(directory, 'from');
  const { size, mtimeMs } = statSync(from);
  const to = join(directory, 'to/file');
  return {
    seq: 1,
    from,
    to,
    part: join(directory, 'to/part'),
    size,
    modified: mtimeMs,
    replace: null,
    checkpoint: null,
    ...fields,
  };
}

function copy(given: CopyJob, onProgress: (done: number, control: Int32Array) => void = () => undefined): CopyOutcome {
  const control = new Int32Array(new SharedArrayBuffer(4));
  const context: CopyContext = {
    control,
    sourceRoot: directory,
    targetRoot: join(directory, 'to'),
    buffer: Buffer.alloc(1000),
    checked: new Map(),
    onProgress: (_, done) => onProgress(done, control),
  };
  const result = copyToPart(given, context);
  return 'kind' in result ? result : publish(result, new Set(), false);
}

const names = (): string[] => readdirSync(join(directory, 'to'));

describe('copying one file', () => {
  it('fails as changed when the source grows or shrinks meanwhile, and writes nothing', () => {
    expect(copy(job(), (done) => done === 5000 && appendFileSync(join(directory, 'from'), 'x'))).toMatchObject({
      code: 'source-changed',
    });
    expect(names()).toEqual([]);
    expect(copy(job(), (done) => done === 5000 && truncateSync(join(directory, 'from'), 5500))).toMatchObject({
      code: 'source-changed',
    });
    expect(names()).toEqual([]);
  });

  it('notices bytes that were not kept as they were sent', () => {
    const damage = (done: number): void => {
      if (done === 5000) writeFileSync(join(directory, 'to/part'), 'bad', { flag: 'r+' });
    };
    expect(copy(job(), damage)).toMatchObject({ kind: 'error', code: 'checksum-mismatch' });
    expect(names()).toEqual([]);
  });

  it('never overwrites what appears at the destination meanwhile', () => {
    const appear = (done: number): void => {
      if (done === 5000) writeFileSync(join(directory, 'to/file'), 'mine');
    };
    expect(copy(job(), appear)).toMatchObject({ kind: 'exists', existing: { kind: 'file', size: 4 } });
    expect(names()).toEqual(['file']);
    expect(readFileSync(join(directory, 'to/file'), 'utf8')).toBe('mine');
  });

  it('never overwrites what changed after it was agreed to replace it', () => {
    writeFileSync(join(directory, 'to/file'), 'mine');
    const taken = copy(job());
    if (taken.kind !== 'exists') throw new Error(taken.kind);
    appendFileSync(join(directory, 'to/file'), ' too');
    expect(copy(job({ replace: taken.existing.identity }))).toMatchObject({ kind: 'exists', existing: { size: 8 } });
    expect(readFileSync(join(directory, 'to/file'), 'utf8')).toBe('mine too');
  });

  it('stops between chunks, keeping its part, and goes on from there', () => {
    const stopped = copy(job(), (done, control) => Atomics.store(control, 0, done >= 5000 ? 1 : 0));
    expect(stopped).toEqual({ seq: 1, kind: 'stopped', checkpoint: { offset: 5000, crc: crc32(content.subarray(0, 5000)) } });
    if (stopped.kind !== 'stopped') return;
    const steps: number[] = [];
    expect(copy(job({ checkpoint: stopped.checkpoint }), (done) => steps.push(done))).toEqual({ seq: 1, kind: 'done' });
    expect(steps[0]).toBe(6000);
    expect(readFileSync(join(directory, 'to/file'))).toEqual(content);
    expect(names()).toEqual(['file']);
  });

  it('begins anew when the part is shorter than its checkpoint says', () => {
    writeFileSync(join(directory, 'to/part'), 'short');
    expect(copy(job({ checkpoint: { offset: 5000, crc: 1 } }))).toEqual({ seq: 1, kind: 'done' });
    expect(readFileSync(join(directory, 'to/file'))).toEqual(content);
  });

  it('removes its part when it is stopped for good', () => {
    copy(job(), (done, control) => Atomics.store(control, 0, done >= 5000 ? 2 : 0));
    expect(names()).toEqual([]);
  });
});
