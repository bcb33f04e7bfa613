import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { run } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';

const megabyte = 1024 * 1024;

test('a full disk during an upload: said so in the panel, nothing partial left, and a retry goes on when there is room (A5)', async ({
  home,
  launch,
}) => {
  const disk = join(home, 'vfolders');
  await mkdir(disk, { recursive: true });
  expect((await run('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', disk])).code).toBe(0);
  try {
    await withFolder('full', async (folder) => {
      const source = join(folder, 'big data');
      await mkdir(source);
      await writeFile(join(source, 'big.bin'), Buffer.alloc(50 * megabyte, 7));
      const files = new FilesPage(await launch());
      await files.dropAsVfolder(source);
      const transfer = files.transfers.getByRole('listitem').filter({ hasText: 'big data' }).first();
      await expect(transfer).toContainText(/disk.*full|full.*disk|no space/i);
      expect((await run('find', [disk, '-type', 'f'])).stdout).toBe('');
      expect((await stat(join(source, 'big.bin'))).size).toBe(50 * megabyte);

      expect((await run('mount', ['-o', 'remount,size=100m', disk])).code).toBe(0);
      await transfer.getByRole('button', { name: 'Retry the failed files' }).click();
      await files.expectTransferDone('big data');
      expect((await stat(join(disk, 'big-data', 'big.bin'))).size).toBe(50 * megabyte);
    });
  } finally {
    await run('umount', ['-l', disk]);
  }
});
