import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { FilesPage } from '../pages/files-page.ts';

const linkDialog = (page: Page) => page.getByRole('dialog', { name: 'Link a folder' });

/** Begins a link to a folder of this machine. */
async function startLink(page: Page, path: string): Promise<void> {
  await page.getByRole('button', { name: 'Link a folder' }).first().click();
  await linkDialog(page).getByRole('textbox', { name: 'Folder' }).fill(path);
}

/** Lets links point below a folder. */
async function allow(page: Page, root: string): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const roots = page.getByRole('region', { name: 'Folders that may be linked' });
  await roots.getByRole('textbox', { name: 'Another folder that may be linked' }).fill(root);
  await roots.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(roots).toContainText(root);
  await page.getByRole('button', { name: 'Files', exact: true }).click();
}

test('a folder is linked in place, read-only, and only below the folders that may be linked', async ({ app }) => {
  const files = new FilesPage(app);
  const { page } = app;
  await withFolder('link', async (folder) => {
    await mkdir(join(folder, 'set one', 'inner'), { recursive: true });
    await writeFile(join(folder, 'set one', 'notes.txt'), 'notes');
    await startLink(page, join(folder, 'set one'));
    const dialog = linkDialog(page);
    await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('set-one');
    await expect(dialog.getByRole('radio', { name: 'Read-only' })).toBeChecked();
    await dialog.getByRole('button', { name: 'Link', exact: true }).click();
    await expect(dialog.getByRole('alert')).toContainText('outside');
    await dialog.getByRole('button', { name: 'Allow this folder' }).click();
    await expect(dialog).toBeHidden();
    await expect(files.row('notes.txt')).toBeVisible();
    await expect(files.treeItem('set-one')).toContainText('linked');
    await expect(files.treeItem('set-one')).toContainText('ro');
    await expect(page.getByRole('button', { name: 'Upload', exact: true })).toBeDisabled();

    await files.chooseForVfolder('set-one', 'Move to trash');
    await expect(files.treeItem('set-one')).toBeHidden();
    expect(await readFile(join(folder, 'set one', 'notes.txt'), 'utf8')).toBe('notes');
  });
});

test('a link whose folder moved says so, and is pointed to the new place', async ({ app }) => {
  const files = new FilesPage(app);
  const { page } = app;
  await withFolder('moved', async (folder) => {
    await mkdir(join(folder, 'before'));
    await writeFile(join(folder, 'before', 'kept.txt'), 'kept');
    await allow(page, folder);
    await startLink(page, join(folder, 'before'));
    await linkDialog(page).getByRole('button', { name: 'Link', exact: true }).click();
    await expect(files.row('kept.txt')).toBeVisible();

    await rename(join(folder, 'before'), join(folder, 'after'));
    // Whoever comes back to the window sees it.
    await expect
      .poll(async () => {
        await page.evaluate(() => window.dispatchEvent(new Event('focus')));
        return files.treeItem('before').textContent();
      })
      .toContain('broken');
    await files.treeItem('All vfolders').click();
    await expect(page.getByRole('table', { name: 'vfolders' }).getByRole('row').filter({ hasText: 'before' })).toContainText(
      'broken',
    );
    await files.treeItem('before').click();
    await page.getByRole('main').getByRole('alert').getByRole('button', { name: 'Re-point' }).click();
    const dialog = page.getByRole('dialog', { name: 'Re-point “before”' });
    await dialog.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'after'));
    await dialog.getByRole('button', { name: 'Re-point' }).click();
    await expect(dialog).toBeHidden();
    await expect(files.treeItem('before')).toContainText('linked');
    await expect(files.row('kept.txt')).toBeVisible();
  });
});

test('a folder that may no longer be linked is refused again', async ({ app }) => {
  const { page } = app;
  await withFolder('unallowed', async (folder) => {
    await mkdir(join(folder, 'data'));
    await allow(page, folder);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const roots = page.getByRole('region', { name: 'Folders that may be linked' });
    await roots.getByRole('button', { name: `No longer allow ${folder}` }).click();
    await expect(roots).not.toContainText(folder);
    await page.getByRole('button', { name: 'Files', exact: true }).click();
    await startLink(page, join(folder, 'data'));
    await linkDialog(page).getByRole('button', { name: 'Link', exact: true }).click();
    await expect(linkDialog(page).getByRole('alert')).toContainText('outside');
  });
});
