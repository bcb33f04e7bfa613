import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { run, stowage } from '../fixtures/process.ts';

test('a pasted docker run becomes a job, and its export pasted into a shell gives the same result', async ({ home }) => {
  await withFolder('import', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await cli('vfolder', 'create', 'mydata');
    await writeFile(join(folder, 'a b.txt'), 'some text\n');
    await cli('vfolder', 'upload', 'mydata', './a b.txt');
    const place = join(home, 'vfolders', 'mydata');
    const command = `docker run --rm -it -v ${place}:/data:ro -e 'SAY=it'\\''s "$HOME" & \`more\`' -m 64m --cpu-shares 512 --network none busybox:local sh -c 'cat /data/*; echo "$SAY"; wc -c < /in/text; echo done'`;
    await writeFile(join(folder, 'command.txt'), command);
    const imported = await cli('import', 'command.txt');
    expect(imported).toMatchObject({ code: 0 });
    expect(imported.stderr).toContain('Read as docker run.');
    expect(imported.stderr).toMatch(/Not carried over:\n {2}--cpu-shares 512 has no counterpart/);
    expect(JSON.parse(imported.stdout).spec).toMatchObject({
      image: 'busybox:local',
      mounts: [{ source: 'mydata:/', target: '/data', mode: 'ro' }],
      resources: { memoryBytes: 64 * 2 ** 20 },
    });

    const spec = { ...JSON.parse(imported.stdout).spec, links: [{ path: '/in/text', target: '/data/a b.txt' }] };
    await writeFile(join(folder, 'job.json'), JSON.stringify({ stowage: 'job', version: 1, spec }));
    const ran = await cli('import', 'job.json', '--run');
    expect(ran).toMatchObject({ code: 0, stdout: `some text\nit's "$HOME" & \`more\`\n10\ndone\n` });

    for (const format of ['docker', 'script']) {
      const exported = await cli('job', 'export', '1', '--as', format);
      expect(exported.code).toBe(0);
      await writeFile(join(folder, 'run.sh'), exported.stdout);
      expect(await run('sh', ['run.sh'], { cwd: folder }), exported.stdout).toMatchObject({ code: 0, stdout: ran.stdout });
    }
    const back = await cli('import', 'run.sh', '--json');
    expect(JSON.parse(back.stdout).spec).toMatchObject({
      image: 'busybox:local',
      command: spec.command,
      mounts: [{ source: 'mydata:/' }, {}],
    });
    const composed = await cli('job', 'export', '1', '--as', 'compose');
    await writeFile(join(folder, 'compose.yaml'), composed.stdout);
    const compose = (...args: string[]) => run('docker-compose', ['-f', 'compose.yaml', ...args], { cwd: folder });
    expect(await compose('run', '--rm', '-T', 'job'), composed.stdout).toMatchObject({ code: 0, stdout: ran.stdout });
    expect(await compose('down')).toMatchObject({ code: 0 });
    expect((await cli('import', '--', 'ls', '-la')).code).toBe(64);
  });
});

test('a job is kept as a template and run with other values', async ({ home }) => {
  await withFolder('template', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    expect((await cli('template', 'list')).stdout).toMatch(/Checksums of a folder\s+folder \[pattern\] \[image\]\s+Stowage/);
    await writeFile(join(folder, 'job.sh'), `docker run --network none busybox:local sh -c 'echo "<{{word}}>"'`);
    const saved = await cli('import', 'job.sh', '--save', 'say');
    expect(saved.stdout).toBe('Saved “say” with word.\n');
    expect((await cli('template', 'run', 'say')).stderr).toContain('“Word” has to be filled in');
    const said = await cli('template', 'run', 'SAY', '--set', 'word=$(id) "x"; exit 3');
    expect(said).toMatchObject({ code: 0, stdout: '<$(id) "x"; exit 3>\n' });
    await cli('vfolder', 'create', 'data');
    await writeFile(join(folder, 'x.csv'), '1\n');
    await cli('vfolder', 'upload', 'data', './x.csv');
    const sums = await cli(
      'template',
      'run',
      'checksums of a folder',
      '--set',
      'folder=data:/',
      '--set',
      'pattern=*.csv',
      '--set',
      'image=busybox:local',
    );
    expect(sums).toMatchObject({ code: 0, stdout: '1\n' });
    await cli('vfolder', 'download', 'outputs', './checksums/sha256sums.txt');
    expect(await readFile(join(folder, 'sha256sums.txt'), 'utf8')).toMatch(/^[0-9a-f]{64} {2}\.\/x\.csv\n$/);
    expect((await cli('template', 'remove', 'checksums of a folder')).code).toBe(77);
    expect((await cli('template', 'remove', 'say')).code).toBe(0);
  });
});
