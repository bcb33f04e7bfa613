import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PullProgress } from '#shared/contract/engines.ts';
import { createDockerEngine } from './engine.ts';
import { type ImageRegistry, startImageRegistry } from './image-registry.fixture.ts';
import { lines, withTag } from './pull.ts';

const engine = createDockerEngine({ homeId: 'pull-test' });
let registry: ImageRegistry;
beforeAll(async () => {
  registry = await startImageRegistry();
}, 60_000);
afterAll(async () => {
  await engine.close();
  await registry.close();
}, 60_000);

const ballast = 8_000_000;

async function pull(reference: string, signal = new AbortController().signal): Promise<PullProgress[]> {
  const told: PullProgress[] = [];
  for await (const progress of engine.pull(reference, { signal })) told.push(progress);
  return told;
}

it('pulls an image with its progress', async () => {
  const reference = await registry.publish('whole:1', ballast);
  await expect(engine.inspectImage(reference)).rejects.toMatchObject({ code: 'image-missing' });
  const told = await pull(reference);
  const last = told.at(-1);
  expect(last?.totalBytes).toBeGreaterThanOrEqual(ballast);
  expect(last?.doneBytes).toBe(last?.totalBytes);
  const done = told.map((progress) => progress.doneBytes);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(new Set(done).size).toBeGreaterThan(2);
  expect(await engine.inspectImage(reference)).toMatchObject({ command: ['echo', 'from the registry'] });
}, 60_000);

it('ends a pull that is cancelled in the middle, and another try brings it', async () => {
  const reference = await registry.publish('cut:1', ballast);
  const held = registry.hold(ballast / 2);
  const abort = new AbortController();
  const pulled = pull(reference, abort.signal);
  await held;
  abort.abort();
  await expect(pulled).rejects.toMatchObject({ code: 'cancelled' });
  await expect(engine.inspectImage(reference)).rejects.toMatchObject({ code: 'image-missing' });
  await registry.hold(null);
  await pull(reference);
  expect((await engine.inspectImage(reference)).id).toMatch(/^sha256:/);
}, 60_000);

it('says in the words of the registry why it could not pull', async () => {
  const reference = `${registry.address}/none-such:1`;
  const detail = expect.stringContaining('manifest unknown');
  await expect(pull(reference)).rejects.toMatchObject({ code: 'pull-failed', data: { subject: reference, detail } });
});

it('fails when an error comes after the progress has begun', async () => {
  const reference = await registry.publish('damaged:1', ballast);
  registry.loseLayers();
  await expect(pull(reference)).rejects.toMatchObject({ code: 'pull-failed', data: { subject: reference } });
}, 60_000);

it('says that the registry is not reached when none is there', async () => {
  const message = expect.stringContaining('connection refused');
  const hint = expect.stringContaining('does not reach the registry');
  await expect(pull('127.0.0.1:1/x:1')).rejects.toMatchObject({ code: 'pull-failed', message, data: { hint } });
});

it('reads whole lines, wherever the chunks are cut', async () => {
  const text = '{"status":"ä"}\n{"status":"é€"}\nlast';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= 5; size++) {
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const read: string[] = [];
    for await (const line of lines(chunks)) read.push(line);
    expect(read).toEqual(text.split('\n'));
  }
});

it('means the tag “latest” when none is given', () => {
  expect(['a', 'a:1', 'h:5000/a', 'h:5000/a:1', 'a@sha256:0'].map(withTag)).toEqual([
    'a:latest',
    'a:1',
    'h:5000/a:latest',
    'h:5000/a:1',
    'a@sha256:0',
  ]);
});
