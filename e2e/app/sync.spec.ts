import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { listFiles, sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

/** A vfolder with files of three sorts to come, opened. */
async function withSource(app: RunningApp): Promise<FilesPage> {
  const files = new FilesPage(app);
  await files.createVfolder('data');
  await mkdir(onDisk(app, 'data', 'inner'));
  await writeFile(onDisk(app, 'data', 'new.txt'), 'new');
  await writeFile(onDisk(app, 'data', 'inner/changed.txt'), 'changed now');
  await writeFile(onDisk(app, 'data', 'same.txt'), 'same');
  return files;
}

const review = (page: Page) => page.getByRole('dialog', { name: 'Review the sync' });
const changes = (page: Page) => review(page).getByRole('list', { name: 'What will change' });

/** Pixels of a row in the list of changes. */
const rowHeight = 28;

/** Plans a sync of the open folder to a folder of this machine. */
async function plan(page: Page, destination: string, direction: 'out' | 'in' = 'out'): Promise<void> {
  await page.getByRole('button', { name: 'Sync this folder with another place' }).click();
  const dialog = page.getByRole('dialog', { name: /^Sync/ });
  if (direction === 'in') await dialog.getByRole('radio', { name: 'From the other place to here' }).check();
  await dialog.getByRole('radio', { name: 'On this machine' }).check();
  await dialog.getByRole('textbox', { name: 'Folder of this machine' }).fill(destination);
  await dialog.getByRole('checkbox', { name: /^Delete/ }).check();
  await dialog.getByRole('button', { name: 'Plan' }).click();
}

test('a sync is planned, looked at by kind, approved, and then both sides are the same', async ({ app }) => {
  const files = await withSource(app);
  const { page } = app;
  await withFolder('sync', async (mirror) => {
    await mkdir(join(mirror, 'inner'));
    await writeFile(join(mirror, 'inner', 'changed.txt'), 'old');
    await utimes(join(mirror, 'inner', 'changed.txt'), 1, 1);
    await writeFile(join(mirror, 'gone.txt'), 'to be deleted');
    const before = await sha256sums(mirror);
    await plan(page, mirror);
    await expect(review(page)).toContainText('1 file will be deleted');
    await expect(changes(page).getByRole('listitem')).toHaveCount(4);
    await review(page).getByRole('tab', { name: 'Delete 1' }).click();
    await expect(changes(page).getByRole('listitem')).toHaveText([/gone\.txt/]);
    await review(page).getByRole('tab', { name: 'Update 1' }).click();
    await expect(changes(page).getByRole('listitem')).toHaveText([/inner\/changed\.txt/]);
    expect(await sha256sums(mirror), 'nothing happens before the approval').toBe(before);

    await review(page).getByRole('button', { name: 'Approve' }).click();
    await expect(review(page)).toBeHidden();
    await expect(files.transfers.getByRole('listitem').first()).toContainText('Done');
    expect(await sha256sums(mirror)).toBe(await sha256sums(onDisk(app, 'data')));

    await plan(page, mirror);
    await expect(review(page)).toContainText('Both sides are the same already.');
  });
});

test('a sync that waits for review is found again in the transfers panel, and cancelled changes nothing', async ({ app }) => {
  const files = await withSource(app);
  const { page } = app;
  await withFolder('later', async (mirror) => {
    await writeFile(join(mirror, 'gone.txt'), 'kept');
    await plan(page, mirror);
    await review(page).getByRole('button', { name: 'Decide later' }).click();
    await page.reload();
    const item = files.transfers.getByRole('listitem').first();
    await expect(item).toContainText('To be reviewed');
    await item.getByRole('button', { name: 'Review' }).click();
    await review(page).getByRole('button', { name: 'Cancel the sync' }).click();
    await expect(files.transfers).toContainText('No transfers');
    expect(await listFiles(mirror)).toEqual(['gone.txt']);
  });
});

test('a sync brings what the other place has here', async ({ app }) => {
  await withSource(app);
  const { page } = app;
  await withFolder('down', async (origin) => {
    await writeFile(join(origin, 'arrived.txt'), 'arrived');
    await plan(page, origin, 'in');
    await review(page).getByRole('button', { name: 'Approve' }).click();
    await expect.poll(() => listFiles(onDisk(app, 'data'))).toEqual(['arrived.txt']);
    expect(await readFile(onDisk(app, 'data', 'arrived.txt'), 'utf8')).toBe('arrived');
  });
});

test('a plan of thousands of files is shown without delay and read on as it is scrolled', async ({ app }) => {
  await withSource(app);
  const { page } = app;
  await withFolder('many', async (mirror) => {
    await rm(onDisk(app, 'data', 'inner'), { recursive: true });
    for (let at = 0; at < 3000; at += 1) await writeFile(onDisk(app, 'data', `file-${String(at).padStart(4, '0')}.txt`), '');
    await plan(page, mirror);
    await expect(review(page).getByRole('tab', { name: 'All 3,002' })).toBeVisible();
    expect(await changes(page).getByRole('listitem').count()).toBeLessThan(60);
    await changes(page).focus();
    await expect
      .poll(async () => {
        await page.keyboard.press('End');
        const { scrollTop, clientHeight, scrollHeight } = await changes(page).evaluate((list) => ({
          scrollTop: list.scrollTop,
          clientHeight: list.clientHeight,
          scrollHeight: list.scrollHeight,
        }));
        return { rows: Math.floor(scrollHeight / rowHeight), atEnd: scrollTop + clientHeight >= scrollHeight - 1 };
      })
      .toEqual({ rows: 3002, atEnd: true });
  });
});
