import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobSpec } from '#shared/contract/plan.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { type Azurite, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { isBodyRead } from '../storage/fault-proxy.fixture.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { freshBucket } from '../storage/s3/s3-server.fixture.ts';
import { walk } from '../storage/walk.ts';
import { azureHost, makeProvider, type RemoteHost, s3Host } from '../transfers/remote-hosts.fixture.ts';
import type { CrashTask } from './crash-child.ts';
import { dataJob, openStagedJobs, type StagedJobs } from './staged-jobs.fixture.ts';

/** Jobs over copies of folders on real servers: what they read, and where their changes go, however they end. */
let azurite: Azurite;
let home: string;
let host: RemoteHost;
let bench: StagedJobs | null;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-staging-'));
  bench = null;
});
afterEach(async () => {
  await bench?.quit();
  await host.close();
  rmSync(home, { recursive: true, force: true });
});

const hosts: Record<string, () => Promise<RemoteHost>> = {
  Azure: () => azureHost(azurite),
  S3: async () => s3Host(await freshBucket()),
};
const both = Object.keys(hosts);

async function open(kind: string, files: Record<string, string>): Promise<StagedJobs> {
  host = (await (hosts[kind] ?? hosts.Azure)?.()) as RemoteHost;
  await Promise.all(Object.entries(files).map(([path, text]) => put(path, text)));
  bench = await openStagedJobs(home, 'process', host.provider);
  return bench;
}
const body = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
};
/** As another client does it. */
const put = (path: string, text: string): Promise<unknown> => host.direct.write(parseInnerPath(`data/${path}`), body(text));
async function onHost(provider: StorageProvider = host.direct): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of walk(provider, parseInnerPath('data'))) {
    if (entry.kind !== 'file') continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await provider.read(entry.path)).body) chunks.push(Buffer.from(chunk));
    found[entry.path.slice('data/'.length)] = Buffer.concat(chunks).toString();
  }
  return found;
}
const bodies = (): number => host.proxy.seen.filter(isBodyRead).length;
const files = { 'a.txt': 'a', 'sub/b.txt': 'b', 'sub/c.txt': 'c' };
/** Changes, adds, removes, and touches without changing. */
const work =
  'cd data; echo new > added.txt; printf changed > a.txt; rm sub/b.txt; touch sub/c.txt; mkdir -p deep/er; printf d > deep/er/d';
const worked = { 'a.txt': 'changed', 'added.txt': 'new\n', 'deep/er/d': 'd', 'sub/c.txt': 'c' };

it('a job that cannot be kept from writing to a read-only copy spoils it for no other', async () => {
  host = await azureHost(azurite);
  await put('a.txt', 'a');
  bench = await openStagedJobs(home, 'process', host.provider, { bubblewrap: null });
  const { run, ended } = bench;
  expect(await ended(await run(dataJob('printf spoilt > data/a.txt', 'ro')))).toMatchObject({
    state: 'succeeded',
    copiedBack: [],
  });
  expect(await ended(await run(dataJob('[ "$(cat data/a.txt)" = a ]', 'ro')))).toMatchObject({ state: 'succeeded' });
  expect(await onHost()).toEqual({ 'a.txt': 'a' });
  expect(readdirSync(join(home, 'stage'))).toEqual([]);
});

describe.each(both)('on %s', (kind) => {
  it('a job reads a copy, and the next one costs no transfer', async () => {
    const { run, ended } = await open(kind, files);
    const script = 'cat data/a.txt data/sub/b.txt data/sub/c.txt > /dev/null && ! touch data/no 2>/dev/null';
    expect(await ended(await run(dataJob(script, 'ro')))).toMatchObject({ state: 'succeeded', copiedBack: [] });
    expect(bodies()).toBe(3);
    host.proxy.forget();
    expect(await ended(await run(dataJob(script, 'ro')))).toMatchObject({ state: 'succeeded' });
    expect(bodies()).toBe(0);
    await put('a.txt', 'another');
    expect(await ended(await run(dataJob('[ "$(cat data/a.txt)" = another ]', 'ro')))).toMatchObject({ state: 'succeeded' });
    expect(bodies()).toBe(1);
    expect((await bench?.cache.service.status(undefined, {}))?.vfolders[0]?.jobs).toEqual([]);
  });

  it.each([
    ['succeeded', `${work}`, 0],
    ['failed', `${work}; exit 3`, 3],
  ] as const)('what a job that %s changed is copied back, and nothing else', async (state, script, exitCode) => {
    const { run, ended } = await open(kind, files);
    const job = await ended(await run(dataJob(script, 'rw')));
    expect(job).toMatchObject({ state, exitCode, copiedBack: [{ mount: 0, files: 3, removed: 1, conflicts: [], leftOut: [] }] });
    expect(await onHost()).toEqual(worked);
    // Neither was the touched file sent, nor is anything kept.
    expect(host.proxy.seen.filter(({ method, url }) => method === 'PUT' && url.includes('c.txt'))).toEqual([]);
    expect(readdirSync(join(home, 'stage'))).toEqual([]);
  });

  it('what a job wrote until it was stopped is copied back', async () => {
    const { run, ended, jobs } = await open(kind, files);
    const id = await run(dataJob(`${work}; echo ready; sleep 60`, 'rw'));
    await expect.poll(async () => (await jobs.service.get({ id }, {})).logBytes, { timeout: 10_000 }).toBeGreaterThan(0);
    await jobs.service.stop({ id, graceSeconds: 0 }, {});
    expect((await ended(id)).state).toBe('stopped');
    expect(await onHost()).toEqual(worked);
  });

  it('what somebody else changed meanwhile stays, and the job’s is laid beside it', async () => {
    const { run, ended, jobs } = await open(kind, files);
    const id = await run(dataJob(`${work}; echo ready; while [ ! -e go ]; do sleep 0.02; done`, 'rw'));
    await expect.poll(async () => (await jobs.service.get({ id }, {})).logBytes, { timeout: 10_000 }).toBeGreaterThan(0);
    await Promise.all([put('a.txt', 'theirs'), put('sub/b.txt', 'theirs too'), put('added.txt', 'theirs as well')]);
    const [mount] = readdirSync(join(home, 'stage', String(id)));
    writeFileSync(join(home, 'stage', String(id), mount ?? '', 'files', 'go'), '');
    const job = await ended(id);
    expect(job.state).toBe('succeeded');
    expect(job.copiedBack[0]?.conflicts.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: 'a.txt', keptAs: `a (conflict of job ${id}).txt` },
      { path: 'added.txt', keptAs: `added (conflict of job ${id}).txt` },
      { path: 'sub/b.txt', keptAs: 'sub/b.txt' },
    ]);
    expect(await onHost()).toEqual({
      ...worked,
      go: '',
      'a.txt': 'theirs',
      'added.txt': 'theirs as well',
      'sub/b.txt': 'theirs too',
      [`a (conflict of job ${id}).txt`]: 'changed',
      [`added (conflict of job ${id}).txt`]: 'new\n',
    });
  });

  it.each(['running', 'finalizing'])('after kill -9 of the core while the job is %s its changes get back once', async (state) => {
    host = (await hosts[kind]?.()) as RemoteHost;
    await Promise.all(Object.entries(files).map(([path, text]) => put(path, text)));
    const task: CrashTask = { home, made: host.made, script: `${work}; echo ready; sleep 0.3` };
    // One answer to an upload never comes: the crash is in the middle of the copying back.
    if (state === 'finalizing')
      host.proxy.fault = ({ method, url }) => (method === 'PUT' && url.includes('added.txt') ? { kind: 'silence' } : undefined);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, STOWAGE_TEST_TASK: JSON.stringify(task) },
    });
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith(`${state} ${state === 'running' ? '' : 'Copying back'}`)) break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    host.proxy.fault = () => undefined;
    bench = await openStagedJobs(home, 'process', makeProvider(host.made));
    expect(await bench.ended(1)).toMatchObject({ state: 'succeeded', copiedBack: [{ files: 3, removed: 1, conflicts: [] }] });
    expect(await onHost()).toEqual(worked);
    expect(readdirSync(join(home, 'stage'))).toEqual([]);
  });
});

describe('outputs', () => {
  it('go to a folder of the host that is not there before', async () => {
    const { run, ended } = await open('Azure', {});
    const job = await ended(
      await run({
        command: ['sh', '-c', 'echo 1 > out/one; mkdir out/sub; echo 2 > out/sub/two'],
        mounts: [],
        env: [],
        resources: {},
        output: 'data:/results/1',
      }),
    );
    expect(job).toMatchObject({ state: 'succeeded', copiedBack: [{ mount: 0, files: 2, bytes: 4 }] });
    expect(await onHost()).toEqual({ 'results/1/one': '1\n', 'results/1/sub/two': '2\n' });
  });

  it('that cannot get back are kept, and the job says where; later they can', async () => {
    const { run, ended } = await open('Azure', files);
    host.proxy.fault = ({ method, url }) =>
      method === 'PUT' && url.includes('added.txt') ? { kind: 'answer', status: 403 } : undefined;
    const job = await ended(await run(dataJob(`${work}; exit 3`, 'rw')));
    const kept = join(home, 'stage', '1', '0', 'files');
    expect(job).toMatchObject({ state: 'failed', copiedBack: [] });
    expect(job.problem?.message).toContain(`All of it is kept in “${kept}”.`);
    expect(job.problem?.detail).toContain('The job itself: ');
    expect(readFileSync(join(kept, 'added.txt'), 'utf8')).toBe('new\n');
    // Nothing is removed on the host before all is there.
    expect(await onHost()).toMatchObject({ 'sub/b.txt': 'b' });
    await bench?.quit();
    host.proxy.fault = () => undefined;
    bench = await openStagedJobs(home, 'process', makeProvider(host.made));
    expect(await bench.jobs.service.copyBack({ id: 1 }, {})).toMatchObject({
      copiedBack: [{ files: 3, removed: 1, conflicts: [] }],
    });
    expect(await onHost()).toEqual(worked);
    expect(readdirSync(join(home, 'stage'))).toEqual([]);
    await expect(bench.jobs.service.copyBack({ id: 1 }, {})).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('are copied back again when the host answers again', async () => {
    const { run, ended } = await open('Azure', files);
    let refused = 0;
    host.proxy.fault = ({ method, url }) =>
      method === 'PUT' && url.includes('added.txt') && refused++ < 2 ? { kind: 'answer', status: 503 } : undefined;
    expect(await ended(await run(dataJob(work, 'rw')))).toMatchObject({ state: 'succeeded' });
    expect(refused).toBeGreaterThan(1);
    expect(await onHost()).toEqual(worked);
  });
});

it('a container has its copies, with nobody but the job allowed to write', async () => {
  host = await azureHost(azurite);
  await Promise.all(Object.entries(files).map(([path, text]) => put(path, text)));
  bench = await openStagedJobs(home, 'docker', host.provider);
  const spec = {
    ...dataJob(`${work}; ! touch ../same/no 2>/dev/null && [ "$(cat ../same/a.txt)" = a ]`, 'rw'),
    output: 'data:/out',
  };
  const job = await bench.ended(
    await bench.run({ ...spec, mounts: [...spec.mounts, { source: 'data:/', target: 'same', mode: 'ro' }] }),
  );
  expect(job).toMatchObject({ state: 'succeeded', copiedBack: [{ files: 3, removed: 1 }, { files: 0 }] });
  expect(await onHost()).toEqual(worked);
});

describe('staging', () => {
  it('for a plan that was seen takes what was listed for that a moment ago, and asks its host for nothing', async () => {
    const { jobs, run, ended } = await open('Azure', files);
    const shown = async (spec: JobSpec) => ended((await jobs.service.run({ spec, shown: true }, {})).id);
    expect(await ended(await run(dataJob('true', 'ro')))).toMatchObject({ state: 'succeeded' });
    host.proxy.forget();
    expect(await shown(dataJob('true', 'ro'))).toMatchObject({ state: 'succeeded' });
    expect(host.proxy.seen).toEqual([]);
    await put('a.txt', 'another');
    expect(await shown(dataJob('[ "$(cat data/a.txt)" = a ]', 'ro'))).toMatchObject({ state: 'succeeded' });
    expect(await ended(await run(dataJob('[ "$(cat data/a.txt)" = another ]', 'ro')))).toMatchObject({ state: 'succeeded' });
  });

  it('is given up when the job is stopped, and holds nothing afterwards', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, `${index}`]));
    const { run, until, ended, jobs } = await open('Azure', many);
    host.proxy.fault = (request) => (isBodyRead(request) && request.url.includes('/data/f7') ? { kind: 'silence' } : undefined);
    const id = await run(dataJob('true', 'ro'));
    await until(id, ({ progress }) => progress?.startsWith('Copying data:/') ?? false);
    await jobs.service.stop({ id }, {});
    expect(await ended(id)).toMatchObject({ state: 'stopped', startedAt: null });
    expect(existsSync(join(home, 'stage', '1'))).toBe(false);
    expect(readdirSync(join(home, 'cache', 'trees'))).toEqual([]);
  });

  it('tells why a job cannot be prepared', async () => {
    const { run, ended } = await open('Azure', files);
    expect(await ended(await run(dataJob('true', 'ro', 'data:/none')))).toMatchObject({
      state: 'failed',
      problem: { code: 'not-found' },
    });
  });

  it('removes on the host only what nobody has changed, in one request', async () => {
    const { run, ended } = await open('Azure', files);
    let theirs: 'none' | 'on its way' | 'there' = 'none';
    host.proxy.fault = ({ method }) => {
      if (method !== 'DELETE' || theirs === 'there') return undefined;
      if (theirs === 'none') {
        void put('sub/b.txt', 'theirs').then(() => {
          theirs = 'there';
        });
      }
      theirs = 'on its way';
      return { kind: 'refuse' };
    };
    const job = await ended(await run(dataJob('rm data/sub/b.txt data/a.txt', 'rw')));
    expect(job.copiedBack[0]).toMatchObject({ removed: 1, conflicts: [{ path: 'sub/b.txt', keptAs: 'sub/b.txt' }] });
    expect(await onHost()).toEqual({ 'sub/b.txt': 'theirs', 'sub/c.txt': 'c' });
    const removals = host.proxy.seen.filter(({ method }) => method === 'DELETE');
    expect(removals.map(({ headers }) => headers['if-match'])).not.toContain(undefined);
  });

  it('follows no symlink that a job left in its copy', async () => {
    const outside = join(home, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'b.txt'), 'secret');
    writeFileSync(join(outside, 'other.txt'), 'secret');
    const { run, ended } = await open('Azure', { ...files, kept: 'k' });
    const script = `cd data; rm -r sub; ln -s ${outside} sub; rm a.txt; ln -s ${outside}/other.txt a.txt`;
    const job = await ended(await run(dataJob(script, 'rw')));
    expect(job).toMatchObject({ state: 'succeeded', copiedBack: [{ files: 0, removed: 3, conflicts: [] }] });
    expect(job.copiedBack[0]?.leftOut.toSorted()).toEqual(['a.txt', 'sub']);
    expect(await onHost()).toEqual({ kept: 'k' });
  });

  it('lets a file become a folder, and a folder a file', async () => {
    const { run, ended } = await open('Azure', files);
    const script = 'cd data; rm -r sub; printf file > sub; rm a.txt; mkdir a.txt; printf below > a.txt/b';
    expect(await ended(await run(dataJob(script, 'rw')))).toMatchObject({
      state: 'succeeded',
      copiedBack: [{ files: 2, removed: 3 }],
    });
    expect(await onHost()).toEqual({ 'a.txt/b': 'below', sub: 'file' });
  });

  it('goes on with a large file when the connection breaks, and tells how far it is', async () => {
    const { run, until, ended } = await open('Azure', { big: 'x'.repeat(9_000_000) });
    let cuts = 0;
    host.proxy.fault = (request) => (isBodyRead(request) && cuts++ < 6 ? { kind: 'cut', after: 1_000_000 } : undefined);
    const id = await run(dataJob('[ "$(wc -c < data/big)" = 9000000 ]', 'ro'));
    await until(id, ({ progress }) => /^Copying data:\/: 0 of 1 files · \d\.\d of 9\.0 MB$/.test(progress ?? ''));
    expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(cuts).toBeGreaterThan(6);
    expect(readdirSync(join(home, 'cache', 'incoming'))).toEqual([]);
  });

  it('brings in one file', async () => {
    const { run, ended } = await open('Azure', files);
    expect(await ended(await run(dataJob('[ "$(cat data)" = b ]', 'ro', 'data:/sub/b.txt')))).toMatchObject({
      state: 'succeeded',
    });
    expect(await ended(await run(dataJob('printf more >> data', 'rw', 'data:/sub/b.txt')))).toMatchObject({ state: 'succeeded' });
    expect(await onHost()).toMatchObject({ 'sub/b.txt': 'bmore' });
  });
});
