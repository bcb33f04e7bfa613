import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { stowage } from '../fixtures/process.ts';
import { LaunchPage } from '../pages/launch-page.ts';

test('a folder is loaded ahead, seen as cached in Files and in the plan, pinned and freed', async ({ app, home }) => {
  await withAzure(async (cloud) => {
    await cloud.addHost(home);
    await stowage(home, ['vfolder', 'create', 'far', 'cloud']);
    await withFolder('cache', async (folder) => {
      for (const name of ['a.bin', 'b.bin', 'c.bin']) await writeFile(join(folder, name), Buffer.alloc(409_600, name));
      await stowage(home, ['vfolder', 'upload', 'far', `${folder}/`]);
    });
    const { page } = app;
    await page.getByRole('button', { name: 'Cache 0 B' }).click();
    const cache = page.getByRole('region', { name: 'Cache', exact: true });
    await expect(cache).toContainText('Nothing is cached');
    await expect(cache.getByRole('button', { name: 'Free all…' })).toBeDisabled();
    const limit = cache.getByRole('textbox', { name: 'Limit' });
    await limit.fill('nonsense');
    await expect(cache.getByRole('alert')).toHaveText('Write a size, such as 20 GB.');
    await limit.fill('1 GB');
    await page.keyboard.press('Enter');
    await expect(cache).toContainText('0 B of 1.00 GB used');

    await cache.getByRole('combobox', { name: 'Folder to load ahead' }).fill('far:/');
    await cache.getByRole('button', { name: 'Load', exact: true }).click();
    const row = cache.getByRole('table', { name: 'Cached vfolders' }).getByRole('row').filter({ hasText: 'far' });
    await expect(row).toContainText(/far31\.23 MBjust now/);
    await row.getByRole('button', { name: 'Pin far' }).click();
    await expect(row).toContainText('pinned');
    await row.getByRole('button', { name: 'Unpin far' }).click();
    await expect(row).not.toContainText('pinned');

    await page.getByRole('button', { name: 'Files', exact: true }).click();
    await page.getByRole('treeitem', { name: 'far' }).click();
    const file = page.getByRole('grid').getByRole('row').filter({ hasText: 'a.bin' });
    await expect(page.getByRole('columnheader', { name: 'Cached' })).toBeVisible();
    await expect(file.getByText('100 %', { exact: true })).toBeVisible();
    await file.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Free cached copy' }).click();
    await expect(file.getByText('100 %', { exact: true })).toBeHidden();
    await page.getByRole('columnheader', { name: 'Cached' }).getByRole('button').click();
    await expect(page.getByRole('grid').getByRole('row').last()).toContainText('a.bin');
    await page.getByRole('columnheader', { name: 'Cached' }).getByRole('button').click();
    await expect(page.getByRole('grid').getByRole('row').nth(1)).toContainText('a.bin');
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    const launch = new LaunchPage(page);
    await launch.open();
    await launch.chooseEngine('process');
    await launch.fill({ command: 'true' });
    await launch.addMount({ source: 'far:/', mode: 'ro' });
    await expect(launch.estimate).toContainText('copies 410 KB of 1.23 MB (67 % cached)');

    await page.getByRole('button', { name: 'Files', exact: true }).click();
    await file.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Load into cache' }).click();
    await expect(file.getByText('100 %', { exact: true })).toBeVisible();
    await file.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Keep in cache' }).click();
    await page.getByRole('button', { name: 'Cache 1.23 MB' }).click();
    await expect(row).toContainText('1 place pinned');
    await row.getByRole('button', { name: 'Unpin far' }).click();
    await expect(row).not.toContainText('pinned');
    await cache.getByRole('button', { name: 'Free all…' }).click();
    await expect(page.getByRole('alertdialog')).toContainText('Only the copies on this machine go');
    await page.getByRole('button', { name: 'Free all', exact: true }).click();
    await expect(cache).toContainText('Nothing is cached');
    expect((await stowage(home, ['ls', 'far:/'])).stdout).toContain('a.bin');
  });
});
