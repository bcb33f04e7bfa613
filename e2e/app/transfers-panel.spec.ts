import { writeFile } from 'node:fs/promises';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

const names = ['alpha.bin', 'beta.bin', 'gamma.bin', 'delta.bin'] as const;

/** Copies each file by itself from the vfolder `data` to `far`, which is at a host. */
async function copyEach(files: FilesPage): Promise<void> {
  for (const name of names) {
    await files.goTo('data:/');
    await files.row(name).click();
    await files.page.keyboard.press('Control+c');
    await files.goTo('far:/');
    await expect(files.page.getByTestId('folder-view')).toContainText(/“far” is empty|bin/);
    await files.page.keyboard.press('Control+v');
    await expect(files.transfer(name)).toBeVisible();
  }
}

const limitTo = async (files: FilesPage, words: string): Promise<void> => {
  await files.page.getByRole('button', { name: /^Speed limit/ }).click();
  await files.page.getByRole('menuitemradio', { name: words }).click();
};

async function chooseTheme(app: RunningApp, word: string): Promise<void> {
  await app.page.keyboard.press('Control+k');
  await app.page.getByRole('combobox', { name: /^Command/ }).fill(`theme ${word}`);
  await app.page.keyboard.press('Enter');
}

test('transfers are shown as one, put in order, paused together, and kept in a history', async ({ app, home, shell }) => {
  await withAzure(async (cloud) => {
    expect(await cloud.addHost(home)).toMatchObject({ code: 0 });
    expect(await stowage(home, ['vfolder', 'create', 'far', 'cloud'])).toMatchObject({ code: 0 });
    const files = new FilesPage(app);
    await files.createVfolder('data');
    for (const name of names) await writeFile(onDisk(app, 'data', name), Buffer.alloc(20_000_000, name));
    const { page } = app;
    await page.keyboard.press('F5');
    await page.keyboard.press('Control+j');
    await limitTo(files, '1 MB/s');
    await copyEach(files);

    // One line for all of them, with graphs in words.
    const line = page.getByTestId('all-transfers');
    await expect(line).toContainText('2 running');
    await expect(line).toContainText('2 waiting');
    await expect(line).toContainText(/of 1?[0-9.]+ MB/);
    await expect(page.getByRole('img', { name: /^Speed of all transfers over the last 5 m 00 s: now/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Speed of alpha\.bin over the last 1 m 00 s/ })).toBeVisible();
    await expect(page.getByRole('progressbar', { name: 'Progress of all transfers' })).toBeVisible();

    // The queue is put in another order by keys, by the menu and by dragging.
    const live = page.getByRole('list', { name: 'Running and waiting' });
    const order = () => live.locator('> li').filter({ hasText: 'Queued' }).locator('[data-title]').allTextContents();
    expect(await order()).toEqual(['gamma.bin', 'delta.bin']);
    await files.transfer('delta.bin').getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(order).toEqual(['delta.bin', 'gamma.bin']);
    await expect(page.getByRole('status').filter({ hasText: 'delta.bin is now number 1 of 2 waiting' })).toBeAttached();
    await files.transfer('delta.bin').getByRole('button', { name: 'More for delta.bin' }).click();
    await page.getByRole('menuitem', { name: 'Move down' }).click();
    await expect.poll(order).toEqual(['gamma.bin', 'delta.bin']);
    await files.transfer('delta.bin').dragTo(files.transfer('gamma.bin'), { targetPosition: { x: 200, y: 4 } });
    await expect.poll(order).toEqual(['delta.bin', 'gamma.bin']);

    // All at once.
    await page.getByRole('button', { name: 'Pause all' }).click();
    await expect(line).toHaveText('4 paused');
    await page.getByRole('button', { name: 'Resume all' }).click();
    await expect(line).toContainText('2 running');
    const take = await photographer(app, shell);
    await chooseTheme(app, 'dark');
    await expect(page.locator('[data-theme=dark]')).toBeAttached();
    await take('transfers-running', ['dark']);
    await chooseTheme(app, 'light');

    await limitTo(files, 'No limit');
    await files.expectTransferDone('gamma.bin', 60_000);
    await files.expectTransferDone('delta.bin', 60_000);
    const history = page.getByRole('region', { name: 'History' });
    await expect(history.getByRole('listitem')).toHaveCount(4);
    await expect(history.getByRole('listitem').first()).toContainText(/in .*s · .*\/sToday/);

    // The history: filtered, shown in its folder, run again, cleared.
    await history.getByRole('searchbox', { name: 'Filter the history' }).fill('alpha');
    await expect(history.getByRole('listitem')).toHaveCount(1);
    await files.goTo('data:/');
    await history.getByRole('button', { name: 'Show in folder' }).click();
    await expect(files.row('alpha.bin')).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('grid', { name: /far/ })).toBeVisible();
    await history.getByRole('button', { name: 'More for alpha.bin' }).click();
    await page.getByRole('menuitem', { name: 'Run again' }).click();
    const again = files.transfers.getByRole('listitem').filter({ hasText: '1 file exists already' });
    await again.getByRole('button', { name: 'Skip' }).first().click();
    await expect(history.getByRole('listitem')).toHaveCount(2);
    await history.getByRole('combobox', { name: 'State in the history' }).selectOption('Failed');
    await expect(history).toContainText('No ended transfer matches');
    await history.getByRole('combobox', { name: 'State in the history' }).selectOption('All');
    await take('transfers-history', ['light']);
    await history.getByRole('button', { name: 'Clear these 2' }).click();
    await history.getByRole('searchbox', { name: 'Filter the history' }).fill('');
    await expect(history.getByRole('listitem')).toHaveCount(3);
  });
});
