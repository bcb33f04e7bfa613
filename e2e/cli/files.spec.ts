import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '#shared/contract/files.ts';
import type { Transfer, TransferFile } from '#shared/contract/transfers.ts';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { collect, node, root, run, stowage, waitForOutput } from '../fixtures/process.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';

const program = join(root, 'out', 'main', 'cli.js');

// Every command is a process of its own.
test.setTimeout(240_000);

test('files are copied, moved, listed, printed and removed by address as the shell does it', async ({ home }) => {
  await withFolder('files', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await mkdir(join(folder, 'in', 'sub'), { recursive: true });
    await writeFile(join(folder, 'in', 'a b.txt'), 'one\n');
    await writeFile(join(folder, 'in', 'sub', 'ü'), 'two\n');
    await cli('vfolder', 'create', 'data');
    expect(await cli('ls')).toMatchObject({ code: 0, stdout: 'data:\n' });
    expect(await cli('mkdir', 'data:/x/y')).toMatchObject({ code: 0, stdout: '' });
    expect(await cli('cp', 'in', 'data:/x')).toMatchObject({ code: 0, stdout: 'Copied 2 files, 8 B.\n' });
    expect((await cli('ls', 'data:/x')).stdout).toBe('in/\ny/\n');
    expect((await cli('cp', 'in/a b.txt', 'data:/x/renamed.txt')).code).toBe(0);
    expect((await cli('cat', 'data:/x/renamed.txt', 'data:/x/in/sub/ü')).stdout).toBe('one\ntwo\n');
    expect((await cli('ls', '-R', 'data:/x')).stdout).toBe(
      ['in/', 'in/a b.txt', 'in/sub/', 'in/sub/ü', 'renamed.txt', 'y/'].map((name) => `data:/x/${name}\n`).join(''),
    );
    expect((await cli('ls', '-l', 'data:/x/in')).stdout).toMatch(/^MODIFIED +SIZE +NAME\n\S+ \S+ +4 B +a b\.txt\n/);
    const listed = JSON.parse((await cli('ls', '-R', '--json', 'data:/')).stdout) as (Entry & { vfolder: string })[];
    expect(listed.find((entry) => entry.path === 'x/in/sub/ü')).toMatchObject({ vfolder: 'data', kind: 'file', size: 4 });
    expect(JSON.parse((await cli('ls', '-R', '--json', 'data:/x/y')).stdout)).toEqual([]);

    expect((await cli('mv', 'data:/x/in', 'data:/x/out')).code).toBe(0);
    expect((await cli('cp', 'data:/x/out/', 'back')).stdout).toBe('Copied 2 files, 8 B.\n');
    expect(await sha256sums(join(folder, 'back'))).toBe(await sha256sums(join(folder, 'in')));
    expect(await cli('cp', 'in/a b.txt', 'data:/x/renamed.txt')).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('--conflict overwrite'),
    });
    expect((await cli('cp', '--conflict', 'skip', 'in/a b.txt', 'data:/x/renamed.txt')).stdout).toContain('1 skipped');
    expect(await cli('rm', 'data:/x/out')).toMatchObject({ code: 66, stderr: expect.stringContaining('rm -r') });
    expect((await cli('rm', '-r', 'data:/x/out', 'data:/x/renamed.txt')).stdout).toBe('Moved 2 to the trash.\n');
    expect((await cli('ls', 'data:/x')).stdout).toBe('y/\n');
  });
});

test('what cannot be done with files is refused with its own exit code, and as JSON when that was asked for', async ({
  home,
}) => {
  await withFolder('refused', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await cli('vfolder', 'create', 'data');
    await cli('mkdir', 'data:/x');
    for (const [args, code] of [
      [['cat', 'data:/nothing'], 66],
      [['cat', 'data:/x'], 66],
      [['cat', 'no-address'], 64],
      [['ls', 'data:/../x'], 64],
      [['rm', '-r', 'data:'], 64],
      [['cp', 'alone'], 64],
      [['cp', '--shard-size', '1m', 'in', 'data:'], 64],
      [['mkdir', 'nowhere:/x'], 66],
    ] as const) {
      const { stderr, ...ended } = await cli(...args, '--json');
      expect.soft({ args, ...ended }).toEqual({ args, code, stdout: '' });
      expect.soft(JSON.parse(stderr)).toMatchObject({ error: { message: expect.stringMatching(/\.$/) } });
    }
  });
});

test('a large file is printed byte by byte, from a running app too, and ends with its reader', async ({ home }) => {
  await withFolder('cat', async (folder) => {
    const content = randomBytes(40_000_000);
    await writeFile(join(folder, 'big'), content);
    await stowage(home, ['vfolder', 'create', 'data']);
    await stowage(home, ['upload', join(folder, 'big'), 'data:/']);
    const printed = async (): Promise<string> => {
      const child = spawn(node, [program, 'cat', 'data:/big'], { env: { ...process.env, STOWAGE_HOME: home } });
      const hash = createHash('sha256');
      for await (const chunk of child.stdout) hash.update(chunk);
      return hash.digest('hex');
    };
    const expected = createHash('sha256').update(content).digest('hex');
    expect(await printed()).toBe(expected);
    const serve = spawn(node, [join(root, 'out', 'main', 'serve.js')], {
      env: { ...process.env, STOWAGE_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await waitForOutput(serve, /Stowage is at/);
    expect(await printed()).toBe(expected);
    const head = await run('sh', ['-c', `"${node}" "${program}" cat data:/big | head -c 10 | wc -c`], {
      env: { STOWAGE_HOME: home },
    });
    expect(head).toMatchObject({ code: 0, stdout: '10\n', stderr: '' });
    serve.kill();
  });
});

test('a sync shows its plan, does what was asked for only, and finds nothing to do afterwards', async ({ home }) => {
  await withFolder('sync', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    const tree = join(folder, 'tree');
    await mkdir(tree);
    await makeMessyTree(tree, 300, 5_000_000);
    await cli('vfolder', 'create', 'data');
    expect((await cli('sync', 'tree', 'data:/mirror', '--yes')).stdout).toMatch(/^Synced: .*300 files, /);
    expect((await cli('sync', 'tree', 'data:/mirror', '--delete', '--yes')).stdout).toMatch(
      /^Nothing to do: 0 to add, 0 to update \(0 B\), 0 to remove, 300 unchanged\.\n$/,
    );
    const mirror = join(home, 'vfolders', 'data', 'mirror');
    await writeFile(join(tree, 'new'), 'new');
    await writeFile(join(tree, 'big file.bin'), 'smaller');
    await rm(join(tree, 'part 0'), { recursive: true });
    const plan = await cli('sync', 'tree', 'data:/mirror', '--delete', '--dry-run');
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toMatch(/^\+ new$/m);
    expect(plan.stdout).toMatch(/^~ big file\.bin$/m);
    expect(plan.stdout).toMatch(/^- part 0\/tiefe-ä6\/175-/m);
    expect((await stat(join(mirror, 'big file.bin'))).size).toBe(5_000_000);
    const { transfer, files } = JSON.parse((await cli('sync', 'tree', 'data:/mirror', '--delete', '-n', '--json')).stdout) as {
      transfer: Transfer;
      files: TransferFile[];
    };
    expect(transfer.sync).toMatchObject({ add: 1, update: 1, remove: files.length - 2 });
    expect(JSON.parse((await cli('transfer', 'list', '--json')).stdout)).toHaveLength(1);
    // Without a terminal nobody can be asked.
    expect(await cli('sync', 'tree', 'data:/mirror', '--delete')).toMatchObject({ code: 64, stdout: '' });

    expect(await cli('sync', 'tree', 'data:/mirror', '--delete', '--yes', '--json')).toMatchObject({ code: 0, stderr: '' });
    expect(await sha256sums(mirror)).toBe(await sha256sums(tree));
    await utimes(join(mirror, 'new'), 1, 1);
    expect((await cli('sync', 'tree', 'data:/mirror', '--checksum', '-n')).stdout).toContain('0 to update');
    expect((await cli('sync', 'tree', 'data:/mirror', '-n')).stdout).toContain('1 to update');
    expect((await cli('sync', 'data:/mirror', 'pulled', '-y')).code).toBe(0);
    expect(await sha256sums(join(folder, 'pulled'))).toBe(await sha256sums(tree));
  });
});

test('on a terminal a sync asks, and only “yes” goes on', async ({ home }) => {
  await withFolder('ask', async (folder) => {
    await mkdir(join(folder, 'tree'));
    await writeFile(join(folder, 'tree', 'a'), 'a');
    await stowage(home, ['vfolder', 'create', 'data']);
    const asked = async (answer: string): Promise<{ code: number | null; said: string }> => {
      const command = `"${node}" "${program}" sync tree data:/mirror`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        cwd: folder,
        env: { ...process.env, STOWAGE_HOME: home },
      });
      const said = collect(child.stdout);
      await waitForOutput(child, /Go on\?/);
      child.stdin.write(answer);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code, said: said() };
    };
    const refused = await asked('n\n');
    expect(refused.code).toBe(130);
    expect(refused.said).toContain('+ a');
    expect(refused.said).toContain('Nothing was changed.');
    expect((await stowage(home, ['ls', 'data:'])).stdout).toBe('');
    const done = await asked('y\n');
    expect(done.code).toBe(0);
    expect((await stowage(home, ['ls', 'data:/mirror'])).stdout).toBe('a\n');
  });
});

test('a folder is packed, looked at as a folder, and unpacked to the same', async ({ home }) => {
  await withFolder('pack', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    const tree = join(folder, 'tree');
    await mkdir(tree);
    await makeMessyTree(tree, 500, 3_000_000);
    await cli('vfolder', 'create', 'data');
    expect((await cli('upload', '--pack', '--shard-size', '1m', 'tree', 'data:/packed')).stdout).toContain('Uploaded 500 files');
    const onDisk = await run('ls', [join(home, 'vfolders', 'data', 'packed', 'tree')]);
    expect(onDisk.stdout).toMatch(/^index\.jsonl\nshard-000000\.tar\nshard-000001\.tar\n/);
    expect((await cli('ls', 'data:/packed/tree')).stdout).toContain('big file.bin\npart 0/\n');
    expect(JSON.parse((await cli('ls', '--json', 'data:/packed/tree/big file.bin')).stdout)).toMatchObject([
      { size: 3_000_000, packed: true },
    ]);
    const inside = await run('sh', ['-c', `"${node}" "${program}" cat "data:/packed/tree/big file.bin" | sha256sum`], {
      env: { STOWAGE_HOME: home },
    });
    const whole = createHash('sha256')
      .update(await readFile(join(tree, 'big file.bin')))
      .digest('hex');
    expect(inside.stdout).toContain(whole);
    expect((await cli('download', '--unpack', 'data:/packed/tree', '--to', 'out')).stdout).toContain('Downloaded 500 files');
    expect(await sha256sums(join(folder, 'out', 'tree'))).toBe(await sha256sums(tree));
    expect((await cli('upload', '--pack', 'tree', 'data:/packed')).code).toBe(73);
  });
});

test('transfers are shown with their files, and forgotten', async ({ home }) => {
  await withFolder('transfers', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'in', 'good'), 'good');
    await run('mkfifo', [join(folder, 'in', 'pipe')]);
    await cli('vfolder', 'create', 'data');
    expect(await cli('upload', 'in', 'data:')).toMatchObject({ code: 65 });
    expect((await cli('transfer', 'show', '1')).stdout).toMatch(
      /^upload 1 “in”: failed\n.*in → data:\/\n1 of 2 files, .*1 failed/,
    );
    expect((await cli('transfer', 'files', '1')).stdout).toMatch(/^done +copy +4 B +in\/good\n?/m);
    const failed = JSON.parse((await cli('transfer', 'files', '1', '--state', 'failed', '--json')).stdout) as TransferFile[];
    expect(failed).toMatchObject([{ path: 'in/pipe', problem: { code: 'special-file' } }]);
    await rm(join(folder, 'in', 'pipe'));
    await writeFile(join(folder, 'in', 'pipe'), 'a file now');
    expect(await cli('transfer', 'retry', '1')).toMatchObject({ code: 0, stdout: 'in: done.\n' });
    expect((await cli('transfer', 'files', '9')).code).toBe(66);
    expect((await cli('transfer', 'clear')).stdout).toBe('Forgot 1 transfer.\n');
    expect(JSON.parse((await cli('transfer', 'list', '--json')).stdout)).toEqual([]);
  });
});
