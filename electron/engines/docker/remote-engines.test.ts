import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseInnerPath } from '#shared/paths.ts';
import { dataJob, openStagedJobs } from '../../staging/staged-jobs.fixture.ts';
import { bytes, collect } from '../../storage/contract/world.ts';
import { createMemoryProvider } from '../../storage/memory/provider.ts';
import { collector } from '../contract.suite.ts';
import type { Engine } from '../engine.ts';
import { plainRun } from '../run.fixture.ts';
import { makeCertificates } from './certificates.fixture.ts';
import type { DockerConnection } from './endpoints.ts';
import { createDockerEngine } from './engine.ts';
import { pems, type SecondEngine, startSecondEngine } from './second-engine.fixture.ts';
import { type SshServer, startSshServer } from './ssh-server.fixture.ts';

const engines: Engine[] = [];
const open = (connection: DockerConnection, environment: NodeJS.ProcessEnv = process.env): Engine => {
  const engine = createDockerEngine({ homeId: `remote-test-${process.pid}`, id: 'docker:box', connection, environment });
  engines.push(engine);
  return engine;
};
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const run = { ...plainRun, image: 'busybox:local' };

async function outputOf(engine: Engine, jobId: number, command: readonly string[]): Promise<string> {
  const reference = await engine.create({ ...run, jobId, command });
  const output = collector();
  await engine.start(reference, output);
  expect((await engine.wait(reference)).code).toBe(0);
  await engine.remove(reference);
  return output.text('stdout');
}

describe('over TLS, in a network of its own', () => {
  let second: SecondEngine;
  let home: string;
  const at = (tls: Partial<{ ca: string; cert: string; key: string }>, verify = true): DockerConnection => ({
    host: second.host,
    port: second.port,
    tls: { verify, ...tls },
  });

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'stowage-tls-'));
    second = await startSecondEngine();
  });
  afterAll(async () => {
    await second.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('runs a job on data that is sent to it, and brings back what it wrote', async () => {
    const provider = createMemoryProvider();
    await provider.write(parseInnerPath('data/in.txt'), bytes('sent'));
    const bench = await openStagedJobs(home, 'docker', provider, { connection: at(pems(second.certificates.client)) });
    bench.vfolder('results', provider);
    try {
      const spec = { ...dataJob('tr a-z A-Z < data/in.txt > out/out.txt', 'ro'), output: 'results:/run' };
      expect(await bench.ended(await bench.run(spec))).toMatchObject({ state: 'succeeded' });
      const { body } = await provider.read(parseInnerPath('results/run/out.txt'));
      expect((await collect(body)).toString()).toBe('SENT');
      await expect.poll(async () => (await second.docker.listVolumes()).Volumes).toEqual([]);
      expect(await second.docker.listContainers({ all: true })).toEqual([]);
    } finally {
      await bench.quit();
    }
  });

  it('says where it is, and that it does not see this machine', async () => {
    const engine = open(at(pems(second.certificates.client)));
    const message = expect.stringContaining(`is running at tcp://${second.host}:${second.port}.`);
    expect(await engine.status()).toMatchObject({ state: 'ready', local: false, message, gpus: { state: 'unknown' } });
    expect(await outputOf(engine, 1, ['cat', '/proc/mounts'])).not.toContain('/home/work');
  });

  it('is refused who shows no certificate, and does not talk to one that it does not know', async () => {
    const { ca, cert, key } = pems(second.certificates.client);
    const refused = { state: 'permission', message: expect.stringContaining('Check the certificates') };
    expect(await open(at({ ca })).status()).toMatchObject(refused);
    expect(await open(at({ cert, key })).status()).toMatchObject(refused);
    const stranger = pems(makeCertificates(home, second.host).client);
    expect(await open(at({ ca: stranger.ca, cert, key })).status()).toMatchObject(refused);
    expect(await open(at({ cert, key }, false)).status()).toMatchObject({ state: 'ready' });
  });
});

describe('over ssh', () => {
  let server: SshServer;
  const at = (host: string, port: number | null = server.port): DockerConnection => ({
    ssh: { host, user: null, port, socketPath: null },
  });
  const withPath = (path: string): NodeJS.ProcessEnv => ({ ...process.env, PATH: path });

  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server.stop());

  it('runs jobs as the docker program would, many requests at once', async () => {
    const engine = open(at('127.0.0.1'), withPath(server.path));
    expect(await engine.status()).toMatchObject({
      state: 'ready',
      local: false,
      message: expect.stringContaining(`is running at ssh://127.0.0.1:${server.port}.`),
    });
    const lines = await Promise.all([1, 2].map((id) => outputOf(engine, id, ['/bin/sh', '-c', `seq 20000; echo ${id}`])));
    expect(lines.map((text) => text.trimEnd().split('\n').length)).toEqual([20_001, 20_001]);
  });

  it('asks nothing, and says in the words of ssh what is wrong', async () => {
    const strange = await open(at('127.0.0.1'), withPath(server.pathOfStranger)).status();
    expect(strange).toMatchObject({ state: 'permission', message: expect.stringContaining('Host key verification failed.') });
    const keyless = await open(at('127.0.0.1'), withPath(server.pathWithoutKey)).status();
    expect(keyless).toMatchObject({ state: 'permission', message: expect.stringContaining('Permission denied (publickey)') });
    const nobody = await open(at('127.0.0.1', 1), withPath(server.path)).status();
    expect(nobody).toMatchObject({ state: 'absent', message: expect.stringContaining('Connection refused') });
    expect(nobody.message).toContain('ssh 127.0.0.1 docker version');
    const without = await open(at('127.0.0.1'), withPath('/nowhere')).status();
    expect(without).toMatchObject({ state: 'absent', message: expect.stringContaining('The program ssh cannot be run') });
  });

  it('goes on when the connection is lost, and misses nothing', async () => {
    const go = mkdtempSync(join(tmpdir(), 'stowage-go-'));
    const engine = open(at('127.0.0.1'), withPath(server.path));
    const command = ['/bin/sh', '-c', 'echo begun; until [ -e /go/on ]; do sleep 0.1; done; seq 1000'];
    const reference = await engine.create({
      ...run,
      jobId: 9,
      command,
      binds: [{ source: go, target: '/go', readOnly: true }],
    });
    const output = collector();
    await engine.start(reference, output);
    await expect.poll(() => output.text('stdout')).toBe('begun\n');
    const ended = engine.wait(reference);
    server.dropConnections();
    writeFileSync(join(go, 'on'), '');
    expect((await ended).code).toBe(0);
    expect(output.text('stdout')).toBe(`begun\n${Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join('')}`);
    await engine.remove(reference);
    rmSync(go, { recursive: true });
  });
});
