import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { run, stowage } from '../fixtures/process.ts';

const docker = ['run', '--image', 'busybox:local', '--engine', 'docker'];

/** Each bad input: what is typed, the exit code, what is said. */
const cases: { title: string; args: string[]; code: number; says: RegExp }[] = [
  {
    title: 'an image that is not there',
    args: ['run', '--engine', 'docker', '--image', 'nowhere/none:1', '--', 'true'],
    code: 125,
    says: /nowhere\/none:1.*(not on|missing|no such|is not)/is,
  },
  {
    title: 'a command that is not in the image',
    args: [...docker, '--', 'frobnicate'],
    code: 127,
    says: /frobnicate.*not found/i,
  },
  {
    title: 'a source that is gone',
    args: [...docker, '-m', 'data/nothing-here', '--', 'true'],
    code: 64,
    says: /nothing-here.*(does not exist|is not there|missing)/i,
  },
  { title: 'a vfolder that is not there', args: [...docker, '-m', 'nosuch', '--', 'true'], code: 64, says: /nosuch/ },
  {
    title: 'one target twice',
    args: [...docker, '-m', 'data:/x', '-m', 'more:/y/../x/', '--', 'true'],
    code: 64,
    says: /data.*more|more.*data/is,
  },
  { title: 'a target over the system', args: [...docker, '-m', 'data:/etc', '--', 'true'], code: 64, says: /\/etc/ },
  { title: 'the root as target', args: [...docker, '-m', 'data:/', '--', 'true'], code: 64, says: /root|“\/”/i },
  { title: 'a name with a slash', args: ['vfolder', 'create', 'a/b'], code: 64, says: /“a\/b”.*“\/” is not allowed/ },
  { title: 'a reserved name', args: ['vfolder', 'create', 'CON'], code: 64, says: /reserved/ },
  {
    title: 'a name of 65 characters',
    args: ['vfolder', 'create', 'x'.repeat(65)],
    code: 64,
    says: /65 characters, 64 are allowed/,
  },
  { title: 'a name that is taken', args: ['vfolder', 'create', 'data'], code: 73, says: /data.*(exists|taken|already)/i },
  { title: 'a path that climbs', args: ['vfolder', 'ls', 'data', '../more'], code: 64, says: /climbs/ },
  { title: 'a mount that is none', args: [...docker, '-m', 'a:b:c:d', '--', 'true'], code: 64, says: /is not a mount/ },
  { title: 'a file that is not there to upload', args: ['vfolder', 'upload', 'data', './none.csv'], code: 66, says: /none\.csv/ },
  { title: 'an unknown option', args: ['vfolder', 'list', '--frob'], code: 64, says: /unknown option '--frob'/ },
];

test('every bad input has its own message and exit code, and changes nothing', async ({ home }) => {
  const cli = (...args: string[]) => stowage(home, args);
  for (const name of ['data', 'more']) expect((await cli('vfolder', 'create', name)).code).toBe(0);
  for (const { title, args, code, says } of cases) {
    await test.step(title, async () => {
      const result = await cli(...args);
      expect
        .soft({ title, code: result.code, stderr: result.stderr })
        .toMatchObject({ code, stderr: expect.stringMatching(says) });
      expect.soft(result.stderr, title).not.toMatch(/^\s+at .*:\d+/m);
    });
  }
  const names = (JSON.parse((await cli('vfolder', 'list', '--json')).stdout) as { name: string }[]).map(
    (vfolder) => vfolder.name,
  );
  // “outputs” is made for the first job that is started.
  expect(names.filter((name) => name !== 'outputs').toSorted()).toEqual(['data', 'more']);
  for (const name of ['data', 'more']) expect(JSON.parse((await cli('vfolder', 'ls', name, '--json')).stdout)).toEqual([]);
});

test('a Docker that is not there is said so, with what to do', async ({ home }) => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const result = await stowage(home, [...docker, '--', 'true'], { env });
  expect(result.code).not.toBe(0);
  expect(result.stderr).toMatch(/Docker.*(not running|does not answer|not reach|cannot be reached|no Docker)/is);
});

test('a socket without permission is said so, with what to do', async ({ home }) => {
  await withFolder('permission', async (folder) => {
    // Another user who is not in the group of the engine's socket.
    await run('chmod', ['777', folder]);
    await run('chown', ['-R', '65534:65534', home]);
    const node = process.execPath;
    const result = await run(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', node, 'out/main/cli.js', 'doctor', '--json'],
      {
        env: { STOWAGE_HOME: home, HOME: folder },
      },
    );
    const checks = JSON.parse(result.stdout) as { name: string; state: string; message: string; hint: string | null }[];
    const engine = checks.find((check) => check.name.includes('Docker'));
    expect(engine).toMatchObject({
      state: 'warning',
      message: expect.stringMatching(/not allowed/),
      hint: expect.stringContaining('group'),
    });
    await run('chown', ['-R', '0:0', home]);
  });
});

test('a full disk during an upload: said so, the partial file removed, the source kept (A5)', async ({ home }) => {
  await withFolder('full', async (folder) => {
    const disk = join(home, 'vfolders');
    await mkdir(disk, { recursive: true });
    expect((await run('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', disk])).code).toBe(0);
    try {
      await writeFile(join(folder, 'big.bin'), Buffer.alloc(50 * 1024 * 1024, 7));
      await stowage(home, ['vfolder', 'create', 'small']);
      const result = await stowage(home, ['vfolder', 'upload', 'small', join(folder, 'big.bin')]);
      expect(result.code).toBe(74);
      expect(result.stderr).toMatch(/full|no space/i);
      expect((await run('find', [disk, '-type', 'f'])).stdout).toBe('');
      expect((await run('stat', ['-c', '%s', join(folder, 'big.bin')])).stdout.trim()).toBe(String(50 * 1024 * 1024));
    } finally {
      await run('umount', [disk]);
    }
  });
});
