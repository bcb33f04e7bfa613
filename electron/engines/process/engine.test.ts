import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collector, engineContract } from '../contract.suite.ts';
import { plainRun } from '../run.fixture.ts';
import { createProcessEngine } from './engine.ts';

engineContract('process', {
  create: (homeId, directory) => createProcessEngine({ homeId, directory }),
  image: null,
  user: null,
});

const plain = { ...plainRun, jobId: 1, image: null, directories: [{ path: '/home/work', mode: 0o755 }], network: true };

it('lets go of a run when it is closed: nothing of it keeps the app alive, and the run goes on', async () => {
  const directory = mkdtempSync('/tmp/stowage-close-');
  const options = { homeId: 'close-test', directory: join(directory, 'runs') };
  const engine = createProcessEngine(options);
  const reference = await engine.create({ ...plain, command: ['sleep', '60'] });
  await engine.start(reference, collector());
  const watchers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
  const watching = watchers();
  expect(watching).toBeGreaterThan(0);
  const waiting = engine.wait(reference);
  await Promise.all([engine.close(), expect(waiting).rejects.toMatchObject({ code: 'cancelled' })]);
  expect(watchers()).toBe(watching - 1);
  const next = createProcessEngine(options);
  expect(await next.find()).toEqual([{ jobId: 1, reference, state: 'running' }]);
  await next.stop(reference, { graceSeconds: 1 });
  await next.remove(reference);
  rmSync(directory, { recursive: true });
});

it('ends a stop also when the run is removed as soon as it has ended', async () => {
  const directory = mkdtempSync('/tmp/stowage-stop-');
  const engine = createProcessEngine({ homeId: 'stop-test', directory: join(directory, 'runs') });
  const reference = await engine.create({ ...plain, command: ['sleep', '60'] });
  await engine.start(reference, collector());
  const stopped = engine.stop(reference, { graceSeconds: 10 });
  await engine.wait(reference);
  await engine.remove(reference);
  await stopped;
  expect(await engine.find()).toEqual([]);
  await engine.close();
  rmSync(directory, { recursive: true });
});

it('knows a run until the last of its files is gone, so that a removal that is cut off is made again', async () => {
  const directory = mkdtempSync('/tmp/stowage-removal-');
  const engine = createProcessEngine({ homeId: 'removal-test', directory: join(directory, 'runs'), bubblewrap: null });
  const files = Array.from({ length: 500 }, (_, index) => ({
    path: `/home/work/secrets/${index}`,
    mode: 0o600,
    content: Buffer.from('secret'),
  }));
  const reference = await engine.create({ ...plain, files, command: ['true'] });
  const contents = () => {
    const run = join(directory, 'runs', reference);
    return existsSync(run) ? readdirSync(run, { recursive: true }) : [];
  };
  expect(contents().length).toBeGreaterThan(500);
  const removed = engine.remove(reference);
  while ((await engine.find()).length > 0);
  expect(contents()).toEqual([]);
  await removed;
  await engine.close();
  rmSync(directory, { recursive: true });
});

describe('bubblewrap that cannot make its mounts at first', () => {
  // As when a container ends meanwhile: one that fails so often, after the trial of the engine itself.
  const failing = (directory: string, times: number): void => {
    const real = execFileSync('sh', ['-c', 'command -v bwrap']).toString().trim();
    const script = `#!/bin/sh
echo >> ${directory}/calls
calls=$(/usr/bin/wc -l < ${directory}/calls)
if [ "$calls" -gt 1 ] && [ "$calls" -le ${times + 1} ]; then echo "bwrap: no such mount $calls" >&2; exit 1; fi
exec ${real} "$@"
`;
    writeFileSync(join(directory, 'bwrap'), script, { mode: 0o755 });
  };
  const ran = async (times: number) => {
    const directory = mkdtempSync('/tmp/stowage-again-');
    failing(directory, times);
    const path = process.env.PATH;
    process.env.PATH = `${directory}:${path}`;
    const engine = createProcessEngine({ homeId: 'again-test', directory: join(directory, 'runs') });
    try {
      // Its programs are found whatever path the run has.
      const env = [{ name: 'PATH', value: '/nothing' }];
      const script = 'echo once; echo err >&2; exit 1';
      const reference = await engine.create({ ...plain, env, command: ['/bin/sh', '-c', script] });
      const output = collector();
      await engine.start(reference, output);
      const { code } = await engine.wait(reference);
      await engine.remove(reference);
      return { code, text: output.text('stdout'), calls: readFileSync(join(directory, 'calls'), 'utf8').length };
    } finally {
      process.env.PATH = path;
      await engine.close();
      rmSync(directory, { recursive: true });
    }
  };

  it('is called again, and the command is executed once', async () => {
    expect(await ran(3)).toEqual({ code: 1, text: 'once\nerr\n', calls: 5 });
  });

  it('is given up in the end, and says why', async () => {
    expect(await ran(1000)).toEqual({ code: 1, text: 'bwrap: no such mount 21\n', calls: 21 });
  });
});

it('opens a shell in a run of a user who is not root', async () => {
  const user = 65534;
  const env = { ...process.env, HOME: '/tmp', NODE_COMPILE_CACHE: undefined };
  const child = execFileSync(process.execPath, [join(import.meta.dirname, 'user-child.ts')], { uid: user, gid: user, env });
  expect(child.toString()).toContain(`${user}\r\nmade\r\n`);
});

it('lays mounts out as links in its own folder where there is no bubblewrap', async () => {
  const directory = mkdtempSync('/tmp/stowage-links-');
  const engine = createProcessEngine({ homeId: 'links-test', directory: join(directory, 'runs'), bubblewrap: null });
  expect(await engine.status()).toMatchObject({ state: 'ready', absoluteTargets: false, isolated: false });
  writeFileSync(join(directory, 'f'), 'linked');
  const request = {
    ...plain,
    command: ['sh', '-c', 'cat data/f all/one "$KEY_FILE" ~/.netrc'],
    env: [{ name: 'KEY_FILE', value: '/home/work/.stowage/secrets/KEY' }],
    files: [
      { path: '/home/work/.stowage/secrets/KEY', mode: 0o600, content: Buffer.from(' key') },
      { path: '/home/work/.netrc', mode: 0o600, content: Buffer.from(' netrc') },
    ],
    binds: [{ source: directory, target: '/home/work/data', readOnly: true }],
    links: [{ path: '/home/work/all/one', target: '/home/work/data/f' }],
  };
  const reference = await engine.create(request);
  const output = collector();
  await engine.start(reference, output);
  expect((await engine.wait(reference)).code).toBe(0);
  expect(output.text('stdout')).toBe('linkedlinked key netrc');
  const outside = { ...request, jobId: 2, binds: [{ source: directory, target: '/data', readOnly: true }] };
  await expect(engine.create(outside)).rejects.toMatchObject({ code: 'mount-failed' });
  const files = [{ path: '/run/stowage/secrets/KEY', mode: 0o600, content: Buffer.from('x') }];
  await expect(engine.create({ ...request, jobId: 4, files })).rejects.toMatchObject({ code: 'mount-failed' });
  for (const path of ['/opt/link', '/home/work/data/inside', '/home/work/data']) {
    const links = [{ path, target: '/home/work' }];
    await expect(engine.create({ ...request, jobId: 3, links }), path).rejects.toMatchObject({ code: 'mount-failed' });
  }
  rmSync(directory, { recursive: true });
});
