import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { connectToCore } from '../../electron/rpc/connect.ts';
import { expect, test } from '../fixtures/app.ts';
import { collect, keyFileOf, node, root, stowage } from '../fixtures/process.ts';

test('a shell in a running job, its ports and what it uses, on the command line', async ({ app: _, home }) => {
  const core = await connectToCore(home);
  if (!core) throw new Error('the app does not answer');
  const { id } = await core.client.jobs.run({
    spec: {
      engine: 'docker',
      image: 'busybox:local',
      command: ['sh', '-c', 'echo begun; sleep 600'],
      mounts: [],
      env: [{ name: 'GREETING', value: 'ahoy' }],
      resources: {},
      ports: [{ container: 9000 }],
    },
  });
  const job = String(id);
  while ((await core.client.jobs.get({ id })).state !== 'running') await core.client.jobs.get({ id });
  const ports = JSON.parse((await stowage(home, ['job', 'ports', job, '--json'])).stdout) as {
    container: number;
    port: number;
  }[];
  expect(ports).toEqual([{ container: 9000, port: expect.any(Number), here: true }]);
  expect((await stowage(home, ['job', 'ports', job])).stdout).toContain(`http://127.0.0.1:${ports[0]?.port}/`);

  const shell = spawn(node, [join(root, 'out', 'main', 'cli.js'), 'job', 'shell', job], {
    env: { ...process.env, STOWAGE_HOME: home, STOWAGE_KEY_FILE: keyFileOf(home) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed = collect(shell.stdout);
  const ended = new Promise((resolve) => shell.once('close', resolve));
  shell.stdin.end('echo "<$GREETING>"; yes | head -n 100000 | tail -n 1; exit 5\n');
  expect(await ended).toBe(5);
  expect(printed()).toContain('<ahoy>\r\ny\r\n');

  const measured = async () =>
    JSON.parse((await stowage(home, ['job', 'metrics', job, '--json'])).stdout) as { samples: unknown[] };
  await expect.poll(async () => (await measured()).samples.length).toBeGreaterThan(0);
  await core.client.jobs.stop({ id, graceSeconds: 0 });
  core.close();
  const table = await stowage(home, ['job', 'metrics', job]);
  expect(table.stdout).toMatch(/^TIME +CPUS +MEMORY/);
  expect(table.stdout).toMatch(/CPU time [\d.]+ s, most memory/);
  const refused = await stowage(home, ['job', 'shell', job]);
  expect([refused.code, refused.stderr]).toEqual([65, expect.stringContaining('only a running job has a shell')]);
});
