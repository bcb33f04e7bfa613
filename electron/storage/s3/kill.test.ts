import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { at, bytes, listed, textOf } from '../contract/world.ts';
import { type CrashRequest, patternAt } from './crash-pattern.ts';
import { type FreshBucket, freshBucket } from './s3-server.fixture.ts';

const mebibyte = 1024 * 1024;
const size = 60 * mebibyte + 17;
let fresh: FreshBucket;
let child: ChildProcess | undefined;

beforeEach(async () => {
  fresh = await freshBucket();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await fresh.cleanUp();
});

interface Told {
  found?: number;
  committed?: number;
  done?: number;
}

/** Runs the child until it ends, or is killed once it has told `enough`; gives what it told. */
async function run(pauseMs: number, enough: (told: Told) => boolean): Promise<Told> {
  const started = fork(join(import.meta.dirname, 'crash-child.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child = started;
  const told: Told = {};
  const ended = new Promise((resolve) => started.once('exit', resolve));
  started.on('message', (message: Told) => {
    Object.assign(told, message);
    if (enough(message)) started.kill('SIGKILL');
  });
  const request: CrashRequest = { settings: fresh.settings, secretAccessKey: fresh.secret.secretAccessKey, size, pauseMs };
  started.send(request);
  await ended;
  return told;
}

it('A4: goes on after kill -9 with the parts that were kept; the old file stays until then', async () => {
  const provider = fresh.provider();
  await provider.write(at('big'), bytes('the old file'));
  const before = await run(20, ({ committed = 0 }) => committed >= 24 * mebibyte);
  expect(before.found).toBe(0);
  expect(before.done).toBeUndefined();
  expect(await textOf(provider, 'big')).toBe('the old file');
  const after = await run(0, () => false);
  expect(after.found).toBeGreaterThanOrEqual(24 * mebibyte);
  expect(after.found).toBeLessThan(size);
  expect(after.done).toBe(size);
  const { entry, body } = await provider.read(at('big'));
  expect(entry).toMatchObject({ size, modified: 1_111_111_111_111 });
  let offset = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= mebibyte; rest = rest.subarray(mebibyte), offset += mebibyte) {
      expect(rest.subarray(0, mebibyte).equals(patternAt(offset))).toBe(true);
    }
  }
  expect(rest.equals(patternAt(offset).subarray(0, size - offset))).toBe(true);
  const { Uploads = [] } = await fresh.raw.send(new ListMultipartUploadsCommand({ Bucket: fresh.bucket }));
  expect(Uploads).toEqual([]);
  expect((await listed(provider, '.stowage').catch(() => [])).length).toBe(0);
  await provider.close();
}, 60_000);
