import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { leftParts, onDisk } from '../fixtures/on-disk.ts';
import { sha256, sha256sums, writeRandom } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

const megabyte = 1024 * 1024;

async function open(app: RunningApp): Promise<FilesPage> {
  const files = new FilesPage(app);
  await files.createVfolder('data');
  return files;
}

const inside = (app: RunningApp, name = ''): string => onDisk(app, 'data', name);

test('an upload is paused, resumed and ends equal; another is cancelled and leaves nothing', async ({ app }) => {
  const files = await open(app);
  await withFolder('pause', async (folder) => {
    const source = join(folder, 'big.bin');
    await writeRandom(source, 900 * megabyte);
    await app.drop(files.dropZone, [source]);
    const item = files.transfer('big.bin').first();
    await item.getByRole('button', { name: 'Pause' }).click();
    await expect(item).toContainText('Paused');
    const words = await item.textContent();
    await expect(item.getByRole('button', { name: 'Resume' })).toBeVisible();
    expect(await item.textContent()).toBe(words);
    await item.getByRole('button', { name: 'Resume' }).click();
    await expect(item).toContainText('Done', { timeout: 60_000 });
    expect(await sha256(inside(app, 'big.bin'))).toBe(await sha256(source));

    await item.getByRole('button', { name: 'Remove from the list' }).click();
    await expect(files.transfers).toContainText('No transfers');
    await files.row('big.bin').click();
    await files.page.keyboard.press('Delete');
    await app.drop(files.dropZone, [source]);
    await item.getByRole('button', { name: 'Cancel' }).click();
    await expect(item).toContainText('Cancelled');
    await expect(files.page.getByRole('main')).toContainText('“data” is empty');
    await expect.poll(() => leftParts(app)).toBe('');
    await files.page.getByRole('button', { name: 'Clear ended' }).click();
    await expect(files.transfers).toContainText('No transfers');
  });
});

test('a conflict of an upload is asked in the panel, for one file or for all', async ({ app, shell }) => {
  const files = await open(app);
  await withFolder('conflict', async (folder) => {
    const names = ['a.txt', 'b.txt', 'c.txt'];
    for (const name of names) {
      await writeFile(join(folder, name), `new ${name}`);
      await writeFile(inside(app, name), `old ${name}`);
    }
    await app.drop(
      files.dropZone,
      names.map((name) => join(folder, name)),
    );
    if (shell !== 'browser') {
      const dialog = files.page.getByRole('dialog', { name: '3 files exist already' });
      await dialog.getByRole('radio', { name: 'Ask for each one' }).check();
      await dialog.getByRole('button', { name: 'Go on' }).click();
    }
    const item = files.transfers.getByRole('listitem').first();
    await expect(item).toContainText('3 files exist already');
    await item.getByRole('button', { name: /^Files of/ }).click();
    await item.getByRole('listitem').filter({ hasText: 'a.txt' }).getByRole('button', { name: 'Skip' }).click();
    await expect(item).toContainText('2 files exist already');
    await item
      .getByRole('group', { name: /^Conflicts of/ })
      .getByRole('button', { name: 'Overwrite' })
      .click();
    await expect(item).toContainText('Done');
    const texts = await Promise.all(names.map((name) => readFile(inside(app, name), 'utf8')));
    expect(texts).toEqual(['old a.txt', 'new b.txt', 'new c.txt']);
  });
});

test('a file that cannot be written fails alone and says why; what was in its way gone, a retry sends it', async ({ app }) => {
  const files = await open(app);
  await withFolder('blocked', async (folder) => {
    const source = join(folder, 'set');
    await mkdir(join(source, 'inner'), { recursive: true });
    await writeFile(join(source, 'good.txt'), 'good');
    await writeFile(join(source, 'inner', 'late.txt'), 'late');
    // A file stands where a folder has to be.
    await mkdir(inside(app, 'set'));
    await writeFile(inside(app, 'set/inner'), 'in the way');
    await app.drop(files.dropZone, [source]);
    const item = files.transfer('set').first();
    await expect(item).toContainText('Failed');
    await expect(item).toContainText('1 file failed');
    await item.getByRole('button', { name: 'Files of set' }).click();
    // By paths it is the folder that fails, from a page each of its files.
    const failed = item.getByRole('listitem').filter({ hasText: 'set/inner' });
    await expect(failed.getByLabel('Failed')).toBeVisible();
    await expect(failed).toContainText(/“.*inner.*”/);
    await item.getByRole('checkbox', { name: 'Failed only (1)' }).check();
    await expect(item.getByRole('list', { name: 'Files of set' }).getByRole('listitem')).toHaveCount(1);
    await item.getByRole('button', { name: 'Copy failures as text' }).click();
    await expect(files.page.getByText('1 failed file copied as text', { exact: true })).toBeVisible();
    expect(await readFile(inside(app, 'set/good.txt'), 'utf8')).toBe('good');

    await rm(inside(app, 'set/inner'));
    await item.getByRole('button', { name: 'Retry the failed files' }).click();
    await expect(item).toContainText('Done');
    expect(await sha256sums(inside(app, 'set'))).toBe(await sha256sums(source));
  });
});
