import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';

const checksums =
  'cd /home/work/tree && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > /home/work/out/sums.txt && wc -l < /home/work/out/sums.txt';

for (const engine of ['docker', 'process'] as const) {
  test(`a folder goes in, a job on the ${engine} engine sums it, and the sums come out equal`, async ({ home }) => {
    await withFolder('story', async (folder) => {
      const tree = join(folder, 'tree');
      await mkdir(tree);
      const files = await makeMessyTree(tree, 1200, 32 * 1024 * 1024);
      const cli = (...args: string[]) => stowage(home, args, { cwd: folder });

      expect((await cli('vfolder', 'list-hosts')).stdout).toMatch(/local\s+local\s+.*vfolders/);
      expect((await cli('vfolder', 'create', 'mydata1', 'local')).code).toBe(0);
      const uploaded = await cli('vfolder', 'upload', 'mydata1', './tree');
      expect(uploaded).toMatchObject({ code: 0, stderr: '' });
      expect(uploaded.stdout).toContain(`Uploaded ${files.length} files`);
      expect((await cli('vfolder', 'ls', 'mydata1', '.')).stdout).toMatch(/tree\/$/m);

      const image = engine === 'docker' ? ['--image', 'busybox:local'] : [];
      const ran = await cli(
        'run',
        '--engine',
        engine,
        ...image,
        '--name',
        'sums',
        '-m',
        'mydata1/tree:tree:ro',
        '--',
        'sh',
        '-c',
        checksums,
      );
      expect(ran).toMatchObject({ code: 0, stdout: `${files.length}\n` });
      expect(ran.stderr).toContain('succeeded');

      expect((await cli('job', 'list')).stdout).toMatch(new RegExp(`1\\s+sums\\s+succeeded\\s+${engine}`));
      expect((await cli('job', 'logs', '1')).stdout).toBe(`${files.length}\n`);
      const downloaded = await cli('vfolder', 'download', 'outputs', './sums/sums.txt');
      expect(downloaded).toMatchObject({ code: 0 });
      expect(await readFile(join(folder, 'sums.txt'), 'utf8')).toBe(await sha256sums(tree));

      expect((await cli('vfolder', 'delete', 'mydata1')).code).toBe(0);
      expect((await cli('vfolder', 'ls', 'mydata1', '.')).code).toBe(66);
      expect((await cli('vfolder', 'restore', 'mydata1')).code).toBe(0);
      expect((await cli('vfolder', 'ls', 'mydata1', 'tree')).code).toBe(0);
    });
  });
}

test('mounts of Backend.AI and Docker alike, modes kept, the exit code passed on, and --rm forgets the job', async ({ home }) => {
  await withFolder('mounts', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await writeFile(join(folder, 'bigdata.csv'), 'a,b\n1,2\n3,4\n');
    await cli('vfolder', 'create', 'mydata1', 'local');
    await cli('vfolder', 'create', 'other');
    await cli('vfolder', 'mkdir', 'other', 'sub');
    await cli('vfolder', 'upload', 'mydata1', './bigdata.csv');
    const story = await cli(
      ...['run', '--rm', '-m', 'mydata1', '-m', 'other/sub:/data/sub:ro', '--image', 'busybox:local', '--name', 'count', '--'],
      ...['sh', '-c', 'wc -l < /home/work/mydata1/bigdata.csv > /home/work/out/n; touch /data/sub/x || exit 7'],
    );
    expect(story.code).toBe(7);
    expect(story.stderr).toContain('Read-only file system');
    expect(JSON.parse((await cli('--json', 'job', 'list')).stdout)).toEqual([]);
    await cli('vfolder', 'download', 'outputs', './count/n');
    expect((await readFile(join(folder, 'n'), 'utf8')).trim()).toBe('3');
  });
});

test('doctor finds this machine sound', async ({ home }) => {
  const { stdout, code } = await stowage(home, ['doctor', '--json']);
  const checks = JSON.parse(stdout) as { name: string; state: string }[];
  expect(code).toBe(0);
  expect(checks.map((check) => check.state)).not.toContain('error');
  expect(checks.find((check) => check.name.includes('Docker'))?.state).toBe('ok');
});
