import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDockerEngine } from '../engines/docker/engine.ts';
import { copyImage } from '../engines/docker/second-engine.fixture.ts';
import type { Engine } from '../engines/engine.ts';
import { type JobsFixture, numberedLines, numbersOf, openJobs, scriptJob } from './jobs.fixture.ts';

let home: string;
let jobs: JobsFixture | null = null;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-faults-'));
});
afterEach(async () => {
  await jobs?.quit();
  jobs = null;
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

async function open(wrap?: (engine: Engine) => Engine): Promise<JobsFixture> {
  jobs = openJobs(home, 'docker', wrap);
  await jobs.start();
  return jobs;
}

/** A Docker engine of our own, which may be restarted; its containers run on without it. */
function createDaemon() {
  const folder = mkdtempSync('/run/stowage-daemon-');
  const socketPath = join(folder, 'socket');
  const output = openSync(join(folder, 'log'), 'a');
  const docker = new Docker({ socketPath });
  let daemon: ChildProcess | null = null;
  return {
    socketPath,
    docker,
    start: async () => {
      const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')];
      const alone = ['--live-restore', '--bridge=none', '--iptables=false', '--ip6tables=false'];
      // In a network of its own: a dockerd without a bridge removes `docker0`, which may be that of another one.
      daemon = spawn('unshare', ['--net', 'dockerd', '-H', `unix://${socketPath}`, ...places, ...alone], {
        stdio: ['ignore', output, output],
      });
      while ((await docker.ping().catch(() => null)) === null) {
        if (daemon.exitCode !== null) throw new Error('the dockerd of the test ended');
        await delay(50);
      }
    },
    end: async () => {
      if (!daemon || daemon.exitCode !== null) return;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
    },
    remove: () => {
      // With containers that may outlive it, a daemon leaves its data mounted.
      if (readFileSync('/proc/mounts', 'utf8').includes(` ${folder}/data `)) execFileSync('umount', [join(folder, 'data')]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

test('dockerd stopped and started again in the middle of a job: found again, never relaunched, every line once (A17)', async () => {
  const daemon = createDaemon();
  await daemon.start();
  try {
    await copyImage(new Docker({ socketPath: '/var/run/docker.sock' }), daemon.docker, 'busybox:local');
    const homeId = createHash('sha256').update(home).digest('hex');
    const fixture = await open(() => createDockerEngine({ homeId, connection: { socketPath: daemon.socketPath } }));
    const lines = 3000;
    const script = `echo run >> out/runs; ${numberedLines(lines)}`;
    const { id } = await fixture.service.run({ spec: scriptJob('docker', script, { network: false }) }, {});
    await expect
      .poll(async () => (await fixture.service.get({ id }, {})).logBytes, { timeout: 30_000, interval: 20 })
      .toBeGreaterThan(1000);
    await daemon.end();
    await daemon.start();
    expect(await fixture.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
    const log = await fixture.log(id);
    expect(numbersOf(log, 'out')).toEqual(Array.from({ length: lines }, (_, index) => index + 1));
    expect(numbersOf(log, 'err')).toEqual(Array.from({ length: lines / 2 }, (_, index) => (index + 1) * 2));
    await fixture.service.remove({ id }, {});
    expect(await daemon.docker.listContainers({ all: true })).toEqual([]);
    await fixture.quit();
    jobs = null;
  } finally {
    await daemon.end();
    daemon.remove();
  }
}, 90_000);

test('a flood of output that never ends (yes) takes little memory, little disk, and can be stopped (A17)', async () => {
  const fixture = await open();
  const before = process.memoryUsage.rss();
  const { id } = await fixture.service.run({ spec: scriptJob('docker', 'yes "a line of a flood that never ends"') }, {});
  await expect
    .poll(async () => (await fixture.service.get({ id }, {})).logBytes, { timeout: 60_000 })
    .toBeGreaterThan(60_000_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
  const page = await fixture.service.readLog({ id, from: 30_000_000, limit: 1000 }, {});
  expect(page.chunks.map(({ text }) => text).join('')).toContain('a line of a flood that never ends\n');
  expect(await fixture.service.stop({ id, graceSeconds: 0 }, {})).toMatchObject({ state: 'stopped' });
}, 90_000);

test('a job that uses up its memory says so (A17)', async () => {
  const fixture = await open();
  const resources = { memoryBytes: 32 * 1024 * 1024 };
  const { id } = await fixture.service.run({ spec: scriptJob('docker', 'tail /dev/zero', { resources }) }, {});
  const job = await fixture.ended(id);
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'job-failed' } });
  expect(job.problem?.message).toContain('used up its memory of 32 MiB');
});
