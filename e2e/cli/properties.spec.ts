import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileProperties } from '#shared/contract/properties.ts';
import type { Statistics } from '#shared/contract/statistics.ts';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { withAzure, withS3 } from '../fixtures/cloud.ts';
import { run, stowage } from '../fixtures/process.ts';

// Every command is a process of its own.
test.setTimeout(240_000);

for (const withCloud of [withAzure, withS3]) {
  test(`properties are told, set and seen by others, and a file is shared for two seconds (${withCloud.name})`, async ({
    home,
  }) => {
    await withCloud((cloud) =>
      withFolder('properties', async (folder) => {
        await writeFile(join(folder, 'a b.csv'), 'a,b\n');
        const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
        expect(await cloud.addHost(home)).toMatchObject({ code: 0 });
        expect((await cloud.rclone('copy', folder, 'cloud:data')).code).toBe(0);
        expect(await cli('vfolder', 'link', 'data', 'cloud:data', '--rw')).toMatchObject({ code: 0 });

        const set = ['--content-type', 'text/csv', '--metadata', 'station=Nordhang 2', '--tag', 'team=alps'];
        expect(await cli('set', 'data:/a b.csv', ...set)).toMatchObject({ code: 0, stderr: '' });
        const shown = await cli('stat', 'data:/a b.csv');
        expect(shown.stdout).toMatch(/^Content type +text\/csv$/m);
        expect(shown.stdout).toMatch(/^Metadata +station=Nordhang 2$/m);
        const found = JSON.parse((await cli('stat', 'data:/a b.csv', '--json')).stdout) as FileProperties;
        expect(found).toMatchObject({ entry: { size: 4 }, tags: [{ name: 'team', value: 'alps' }], md5: expect.any(String) });
        // The same time and content for rclone as before.
        const check = await cloud.rclone('sync', '--dry-run', '-v', folder, 'cloud:data');
        expect(check.stderr).not.toMatch(/Skipped/);
        const [seen] = JSON.parse((await cloud.rclone('lsjson', '-M', 'cloud:data')).stdout) as { MimeType: string }[];
        expect(seen?.MimeType).toBe('text/csv');
        if (cloud.name === 'S3') expect(seen).toMatchObject({ Metadata: { station: 'Nordhang 2' } });

        const { stdout } = await cli('share', 'data:/a b.csv', '--expires', '2s');
        const url = stdout.trim();
        await expect.poll(async () => (await fetch(url)).status, { intervals: [250], timeout: 10_000 }).toBe(403);
        const hour = (await cli('share', 'data:/a b.csv')).stdout.trim();
        expect(await (await fetch(hour)).text()).toBe('a,b\n');
        expect((await fetch(hour.slice(0, hour.indexOf('?')))).ok).toBe(false);

        // Such a URL is kept nowhere.
        expect(await run('grep', ['-rlaE', 'sig=|X-Amz-Signature', home])).toMatchObject({ code: 1, stdout: '' });
        // The same in the core, whatever the host.
        if (cloud.name === 'S3') return;
        expect(await cli('set', 'data:/a b.csv')).toMatchObject({ code: 64 });
        expect(await cli('set', 'data:/a b.csv', '--metadata', 'no name=x')).toMatchObject({ code: 64 });
        expect(await cli('set', 'data:/nothing', '--tier', 'Cool')).toMatchObject({ code: 66 });
        expect(await cli('share', 'data:/', '--expires', '1h')).toMatchObject({ code: 64 });
        expect(await cli('share', 'data:/a b.csv', '--expires', 'soon')).toMatchObject({ code: 64 });
        expect(await cli('vfolder', 'update', 'data', '--permission', 'ro')).toMatchObject({ code: 0 });
        expect(await cli('set', 'data:/a b.csv', '--tag', 'a=b')).toMatchObject({ code: 77 });
        expect(await cli('share', 'data:/a b.csv', '--permission', 'w')).toMatchObject({ code: 77 });
      }),
    );
  });
}

test('du counts what is in a folder, with sizes, endings, the largest and the newest', async ({ home }) => {
  await stowage(home, ['vfolder', 'create', 'data']);
  const folder = join(home, 'vfolders', 'data', 'tree', 'deep');
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < 12; at += 1) await writeFile(join(folder, `f${at}.bin`), 'x'.repeat(at * 1000));
  const { stdout } = await stowage(home, ['du', 'data:/tree']);
  expect(stdout).toMatch(/^data:\/tree: 12 files, 1 folder, 64\.5 KiB \(66000 bytes\)$/m);
  expect(stdout).toMatch(/^1 KB – 10 KB +9 +[\d.]+ KiB +█+$/m);
  expect(stdout).toMatch(/^tree\/deep\/f11\.bin +10\.7 KiB/m);
  const counted = JSON.parse((await stowage(home, ['du', 'data:/tree', '--json'])).stdout) as Statistics & { address: string };
  expect(counted).toMatchObject({ address: 'data:/tree', files: 12, directories: 1, bytes: 66_000 });
  expect((await stowage(home, ['du', '-s', 'data:', 'data:/tree'])).stdout.trim().split('\n')).toHaveLength(2);
});
