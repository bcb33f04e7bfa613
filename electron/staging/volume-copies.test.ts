import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseInnerPath } from '#shared/paths.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import { bytes, collect } from '../storage/contract/world.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';
import { dataJob, openStagedJobs, type StagedJobs } from './staged-jobs.fixture.ts';

/** Jobs on an engine that is reached over the network: their folders are sent to it in volumes, and fetched from there. */

let server: Server;
let connection: { host: string; port: number };
let home: string;
let provider: StorageProvider;
let bench: StagedJobs;

beforeAll(async () => {
  // An address of this machine that counts as another one; what comes is handed to the engine.
  server = createServer((from) => {
    const to = connect('/var/run/docker.sock');
    from.pipe(to).pipe(from);
    const end = (): void => void [from, to].map((side) => side.destroy());
    for (const side of [from, to]) side.on('error', end);
  }).listen(0, '127.0.0.2');
  await new Promise((resolve) => server.once('listening', resolve));
  connection = { host: '127.0.0.2', port: (server.address() as AddressInfo).port };
});
afterAll(() => server.close());

const put = (path: string, text: string): Promise<unknown> => provider.write(parseInnerPath(`data/${path}`), bytes(text));

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stowage-volumes-'));
  provider = createMemoryProvider();
  await put('a.txt', 'a');
  await put('sub/b.txt', 'b');
  await put('sub/c.txt', 'c');
  bench = await openStagedJobs(home, 'docker', provider, { connection });
});
afterEach(async () => {
  await bench.quit();
  rmSync(home, { recursive: true, force: true });
});

async function onHost(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { kind, path } of walk(provider, parseInnerPath('data'))) {
    if (kind === 'file') found[path.slice('data/'.length)] = (await collect((await provider.read(path)).body)).toString();
  }
  return found;
}
const volumes = (): string[] =>
  execFileSync('docker', ['volume', 'ls', '-q', '--filter', 'name=stowage-']).toString().split('\n').filter(Boolean);

it('an engine at another address does not see this machine', async () => {
  const engine = createDockerEngine({ homeId: 'test', connection });
  expect(await engine.status()).toMatchObject({ state: 'ready', local: false });
  await engine.close();
});

it('a job reads a folder that was sent to it, may not write there, and nothing of it stays', async () => {
  const before = volumes();
  const script = '[ "$(cat data/a.txt data/sub/b.txt data/sub/c.txt)" = abc ] && ! touch data/no 2>/dev/null';
  expect(await bench.ended(await bench.run(dataJob(script, 'ro')))).toMatchObject({ state: 'succeeded', copiedBack: [] });
  await expect.poll(() => volumes(), { timeout: 10_000 }).toEqual(before);
  await expect.poll(() => readdirSync(join(home, 'stage'))).toEqual([]);
});

it.each([0, 3])('what a job that ends with %i wrote to its volume is fetched and copied back, and nothing else', async (code) => {
  const before = volumes();
  const script = `cd data; printf new > added; printf changed > a.txt; rm sub/b.txt; touch sub/c.txt; mkdir -p deep/er; printf d > deep/er/d; ln -s /etc/passwd evil; exit ${code}`;
  const job = await bench.ended(await bench.run(dataJob(script, 'rw')));
  expect(job).toMatchObject({
    exitCode: code,
    copiedBack: [{ mount: 0, files: 3, removed: 1, conflicts: [], leftOut: ['evil'] }],
  });
  expect(await onHost()).toEqual({ 'a.txt': 'changed', added: 'new', 'deep/er/d': 'd', 'sub/c.txt': 'c' });
  await expect.poll(() => volumes(), { timeout: 10_000 }).toEqual(before);
});

it.each(['ro', 'rw'] as const)('a script of a folder of this machine can be run there (%s)', async (mode) => {
  const folder = join(home, 'machine', 'code');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho ran', { mode: 0o755 });
  writeFileSync(join(folder, 'plain.sh'), '#!/bin/sh\necho ran', { mode: 0o644 });
  bench.vfolder('code', createLocalProvider(join(home, 'machine')));
  const script = '[ "$(data/run.sh)" = ran ] && ! [ -x data/plain.sh ]';
  expect(await bench.ended(await bench.run(dataJob(script, mode, 'code:/')))).toMatchObject({ state: 'succeeded' });
});

it('outputs begin empty in a volume, whatever the image has there', async () => {
  bench.vfolder('results', provider);
  const spec = { ...dataJob('[ -z "$(ls out)" ] && printf done > out/result', 'ro'), output: 'results:/run' };
  expect(await bench.ended(await bench.run(spec))).toMatchObject({ state: 'succeeded' });
  expect((await collect((await provider.read(parseInnerPath('results/run/result'))).body)).toString()).toBe('done');
});
