import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collector, engineContract } from '../contract.suite.ts';
import { createProcessEngine } from './engine.ts';

engineContract('process', {
  create: (homeId, directory) => createProcessEngine({ homeId, directory }),
  image: null,
  user: null,
});

it('lays mounts out as links in its own folder where there is no bubblewrap', async () => {
  const directory = mkdtempSync('/tmp/stowage-links-');
  const engine = createProcessEngine({ homeId: 'links-test', directory: join(directory, 'runs'), bubblewrap: null });
  expect(await engine.status()).toMatchObject({ state: 'ready', absoluteTargets: false, isolated: false });
  writeFileSync(join(directory, 'f'), 'linked');
  const request = {
    jobId: 1,
    image: null,
    command: ['cat', 'data/f'],
    workdir: '/home/work',
    env: [],
    binds: [{ source: directory, target: '/home/work/data', readOnly: true }],
    directories: [{ path: '/home/work', mode: 0o755 }],
    user: null,
    cpus: null,
    memoryBytes: null,
    shmBytes: 0,
    network: true,
  };
  const reference = await engine.create(request);
  const output = collector();
  await engine.start(reference, output);
  expect((await engine.wait(reference)).code).toBe(0);
  expect(output.text('stdout')).toBe('linked');
  const outside = { ...request, jobId: 2, binds: [{ source: directory, target: '/data', readOnly: true }] };
  await expect(engine.create(outside)).rejects.toMatchObject({ code: 'mount-failed' });
  rmSync(directory, { recursive: true });
});
