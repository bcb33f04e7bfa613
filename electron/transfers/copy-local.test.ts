import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyLargeToPart, type LargeContext } from './copy-large.ts';
import { copyToPart } from './copy-local.ts';
import { type CopyJob, type CopyOutcome, newControl } from './copy-protocol.ts';
import { publish } from './copy-publish.ts';

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

type Copy = (given: CopyJob, onProgress?: (done: number, control: Int32Array) => void) => Promise<CopyOutcome>;

const copyWith =
  (toPart: typeof copyToPart | typeof copyLargeToPart): Copy =>
  async (given, onProgress = () => undefined) => {
    const control = newControl();
    const buffers = [Buffer.alloc(1000), Buffer.alloc(1000), Buffer.alloc(1000)] as const;
    const context: LargeContext = {
      control,
      sourceRoot: directory,
      targetRoot: join(directory, 'to'),
      buffer: buffers[0],
      buffers,
      back: Buffer.alloc(1001),
      checked: new Map(),
      onProgress: (_, done) => onProgress(done, control),
    };
    const result = await toPart(given, context);
    return 'kind' in result ? result : publish(result, new Set(), false);
  };

const names = (): string[] => readdirSync(join(directory, 'to'));

describe.each([
  { size: 'small', copy: copyWith(copyToPart) },
  { size: 'large', copy: copyWith(copyLargeToPart) },
])('copying one $size file', ({ copy }) => {
  it('fails as changed when the source grows or shrinks meanwhile, and writes nothing', async () => {
    expect(await copy(job(), (done) => done === 5000 && appendFileSync(join(directory, 'from'), 'x'))).toMatchObject({
      code: 'source-changed',
    });
    expect(names()).toEqual([]);
    expect(await copy(job(), (done) => done === 5000 && truncateSync(join(directory, 'from'), 5500))).toMatchObject({
      code: 'source-changed',
    });
    expect(names()).toEqual([]);
  });

  it('notices bytes that were not kept as they were sent', async () => {
    const damage = (done: number): void => {
      if (done !== 5000) return;
      const part = openSync(join(directory, 'to/part'), 'r+');
      writeSync(part, 'bad', 4500);
      closeSync(part);
    };
    expect(await copy(job(), damage)).toMatchObject({ kind: 'error', code: 'checksum-mismatch' });
    expect(names()).toEqual([]);
  });

  it('never overwrites what appears at the destination meanwhile', async () => {
    const appear = (done: number): void => {
      if (done === 5000) writeFileSync(join(directory, 'to/file'), 'mine');
    };
    expect(await copy(job(), appear)).toMatchObject({ kind: 'exists', existing: { kind: 'file', size: 4 } });
    expect(names()).toEqual(['file']);
    expect(readFileSync(join(directory, 'to/file'), 'utf8')).toBe('mine');
  });

  it('never overwrites what changed after it was agreed to replace it', async () => {
    writeFileSync(join(directory, 'to/file'), 'mine');
    const taken = await copy(job());
    if (taken.kind !== 'exists') throw new Error(taken.kind);
    appendFileSync(join(directory, 'to/file'), ' too');
    expect(await copy(job({ replace: taken.existing.identity }))).toMatchObject({ kind: 'exists', existing: { size: 8 } });
    expect(readFileSync(join(directory, 'to/file'), 'utf8')).toBe('mine too');
  });

  it('stops between chunks, keeping its part, and goes on from there', async () => {
    const stopped = await copy(job(), (done, control) => Atomics.store(control, 0, done >= 5000 ? 1 : 0));
    expect(stopped).toEqual({ seq: 1, kind: 'stopped', checkpoint: { offset: 5000, crc: 0 } });
    if (stopped.kind !== 'stopped') return;
    const steps: number[] = [];
    expect(await copy(job({ checkpoint: stopped.checkpoint }), (done) => steps.push(done))).toEqual({ seq: 1, kind: 'done' });
    expect(steps[0]).toBe(6000);
    expect(readFileSync(join(directory, 'to/file'))).toEqual(content);
    expect(names()).toEqual(['file']);
  });

  it('begins anew when the part is shorter than its checkpoint says', async () => {
    writeFileSync(join(directory, 'to/part'), 'short');
    expect(await copy(job({ checkpoint: { offset: 5000, crc: 1 } }))).toEqual({ seq: 1, kind: 'done' });
    expect(readFileSync(join(directory, 'to/file'))).toEqual(content);
  });

  it('writes anew from where its part differs from the source', async () => {
    const kept = Buffer.from(content.subarray(0, 5000));
    kept[3500] = 0;
    writeFileSync(join(directory, 'to/part'), kept);
    const steps: number[] = [];
    const again = job({ checkpoint: { offset: 5000, crc: 0 } });
    expect(await copy(again, (done) => steps.push(done))).toEqual({ seq: 1, kind: 'done' });
    expect(steps[0]).toBe(4000);
    expect(readFileSync(join(directory, 'to/file'))).toEqual(content);
  });

  it('notices what someone else appends to its part', async () => {
    const append = (done: number): void => {
      if (done === 9000) writeFileSync(join(directory, 'to/part'), 'more', { flag: 'a' });
    };
    const grow = (done: number): void => {
      if (done !== 9000) return;
      const part = openSync(join(directory, 'to/part'), 'r+');
      writeSync(part, 'more', content.length);
      closeSync(part);
    };
    // Overwritten by the last chunk, so nothing is wrong.
    expect(await copy(job(), append)).toEqual({ seq: 1, kind: 'done' });
    rmSync(join(directory, 'to/file'));
    expect(await copy(job(), grow)).toMatchObject({ kind: 'error', code: 'checksum-mismatch' });
    expect(names()).toEqual([]);
  });

  it('removes its part when it is stopped for good', async () => {
    await copy(job(), (done, control) => Atomics.store(control, 0, done >= 5000 ? 2 : 0));
    expect(names()).toEqual([]);
  });
});
