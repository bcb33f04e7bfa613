import { mkdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright/test';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { type Azurite, withAzurite } from '../fixtures/azurite.ts';
import { run, stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

/** A vfolder of this machine with files of many sizes. */
async function withTree(app: RunningApp): Promise<{ files: FilesPage; folder: string }> {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  const folder = join(app.home, 'vfolders', 'data');
  await mkdir(join(folder, 'train', 'deep er'), { recursive: true });
  for (let at = 0; at < 40; at += 1) await writeFile(join(folder, 'train', `frame-${at}.png`), 'x'.repeat(at * 700));
  await writeFile(join(folder, 'train', 'deep er', 'model & weights.bin'), '');
  await truncate(join(folder, 'train', 'deep er', 'model & weights.bin'), 12_345_678);
  await writeFile(join(folder, 'train', 'newest.csv'), 'a,b\n');
  await utimes(join(folder, 'train', 'newest.csv'), new Date('2031-01-01'), new Date('2031-01-01'));
  const files = new FilesPage(app);
  await files.treeItem('data').click();
  await expect(files.row('train')).toBeVisible();
  return { files, folder };
}

/** A container as a vfolder, with one file in it. */
async function withBlob(app: RunningApp, azurite: Azurite): Promise<FilesPage> {
  const container = azurite.service.getContainerClient('measurements');
  await container.create();
  await container.getBlockBlobClient('2025/readings.csv').upload('a,b\n1,2\n', 8, {
    metadata: { Station: 'Nordhang', season: '2025' },
    tags: { project: 'alps' },
  });
  const added = await stowage(app.home, ['host', 'add', 'azure', 'cloud', '--emulator', '--endpoint', azurite.endpoint]);
  expect(added.code, added.stderr).toBe(0);
  await stowage(app.home, ['vfolder', 'link', 'readings', 'cloud:measurements', '--rw']);
  const files = new FilesPage(app);
  await files.treeItem('readings').click();
  await files.row('2025').dblclick();
  await expect(files.row('readings.csv')).toBeVisible();
  return files;
}

const tab = (dialog: Locator, name: string) => dialog.getByRole('tab', { name });

test('statistics of a folder are those of find and du, and lead to its largest and newest files', async ({ app, shell }) => {
  const { files, folder } = await withTree(app);
  const { page } = app;
  // By keyboard alone.
  await page.keyboard.type('train');
  await page.keyboard.press('Alt+Enter');
  const dialog = page.getByRole('dialog', { name: 'train' });
  const found = async (...args: string[]): Promise<number> =>
    (await run('find', [join(folder, 'train'), ...args])).stdout.trim().split('\n').length;
  await expect(dialog).toContainText(`${await found('-type', 'f')} files, ${await found('-mindepth', '1', '-type', 'd')} folder`);
  const [bytes = ''] = (
    await run('sh', ['-c', `find '${folder}/train' -type f -print0 | du -cb --files0-from=- | tail -1`])
  ).stdout.split('\t');
  await expect(dialog).toContainText(`(${Number(bytes).toLocaleString('en-US')} bytes)`);
  await expect(tab(dialog, 'General')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const sizes = dialog.getByRole('table', { name: 'Files by size' });
  await expect(sizes).toBeVisible();
  await (await photographer(app, shell))('properties-contents', ['light']);
  await expect(sizes.getByRole('row', { name: /^1 KB – 10 KB / })).toContainText(
    String(await found('-type', 'f', '-size', '+999c', '-size', '-10000c')),
  );
  await expect(sizes.getByRole('row', { name: /^10 MB – 100 MB / })).toContainText('12.3 MB');
  await expect(dialog.getByRole('table', { name: 'Bytes by ending' }).getByRole('rowheader').first()).toHaveText('.bin');
  await expect(dialog.getByRole('table', { name: 'Newest files' }).getByRole('row').first()).toContainText('newest.csv');
  await dialog
    .getByRole('table', { name: 'Largest files' })
    .getByRole('button', { name: 'model & weights.bin in deep er' })
    .press('Enter');
  await expect(dialog).toBeHidden();
  await expect(files.row('model & weights.bin')).toHaveAttribute('aria-selected', 'true');

  await page.keyboard.press('Alt+Enter');
  const file = page.getByRole('dialog', { name: 'model & weights.bin' });
  await expect(file).toContainText('rw-r--r-- (0644)');
  await tab(file, 'Access').click();
  await expect(file).toContainText(join(folder, 'train', 'deep er', 'model & weights.bin'));
  await expect(file).toContainText('no address on the network');
  await tab(file, 'Metadata and tags').click();
  await expect(file).toContainText('keeps no content type, metadata or tags');
  await page.keyboard.press('Escape');
  await expect(file).toBeHidden();
  await files.row('model & weights.bin').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Copy path' }).click();
  await expect(page.getByText('Path copied', { exact: true })).toBeVisible();
  // Several things are counted together, the folder among them too.
  await files.goTo('data:/train');
  await files.row('deep er').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Alt+Enter');
  await expect(page.getByRole('dialog', { name: '42 items' })).toContainText('42 files, 1 folder');
});

test('metadata, tags, headers and tier of a blob are edited, and someone else’s change is not overwritten', async ({ app }) => {
  const { page } = app;
  await withAzurite(async (azurite) => {
    const files = await withBlob(app, azurite);
    const blob = azurite.service.getContainerClient('measurements').getBlockBlobClient('2025/readings.csv');
    await files.row('readings.csv').click();
    await page.keyboard.press('Alt+Enter');
    const dialog = page.getByRole('dialog', { name: 'readings.csv' });
    await expect(dialog).toContainText('application/octet-stream');
    await tab(dialog, 'Metadata and tags').click();
    const save = dialog.getByRole('button', { name: 'Save' });
    await expect(save).toBeHidden();
    await dialog.getByRole('textbox', { name: 'Content type' }).fill('csv');
    await expect(dialog).toContainText('type/subtype');
    await expect(save).toBeDisabled();
    await dialog.getByRole('textbox', { name: 'Content type' }).fill('text/csv');
    await dialog.getByRole('textbox', { name: 'Value of metadata season' }).fill('2026');
    await dialog.getByRole('button', { name: 'Remove metadata Station' }).click();
    // By keyboard: the button that was pressed last is where the focus is.
    await expect(dialog.getByRole('button', { name: 'Add metadata' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('textbox', { name: /^Name of metadata/ }).last()).toBeFocused();
    await page.keyboard.type('mtime');
    await expect(dialog).toContainText('kept by Stowage');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('checked_by');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Ada');
    await dialog.getByRole('textbox', { name: 'Value of tag project' }).fill('alps 2');
    await dialog.getByRole('combobox', { name: 'Tier' }).selectOption('Cool');
    // A tooltip would take the key for itself.
    await dialog.getByRole('heading', { name: 'readings.csv' }).hover();
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(dialog).toContainText('Save or discard the changes first.');
    await save.click();
    await expect(dialog.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();
    const seen = await blob.getProperties();
    expect(seen).toMatchObject({ contentType: 'text/csv', accessTier: 'Cool' });
    expect(seen.metadata).toMatchObject({ season: '2026', checked_by: 'Ada', mtime: expect.any(String) });
    expect(Object.keys(seen.metadata ?? {}).map((name) => name.toLowerCase())).not.toContain('station');
    expect((await blob.getTags()).tags).toEqual({ project: 'alps 2' });
    await expect(dialog.getByText('Programs keep the modification time')).toBeVisible();

    await dialog.getByRole('textbox', { name: 'Cache control' }).fill('no-store');
    await blob.setMetadata({ theirs: 'yes' });
    await save.click();
    await expect(dialog.getByRole('alert')).toContainText('has changed since it was looked at');
    expect((await blob.getProperties()).cacheControl).toBeFalsy();
    await dialog.getByRole('button', { name: 'Look again' }).click();
    await expect(dialog.getByRole('textbox', { name: 'Value of metadata theirs' })).toHaveValue('yes');
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });
});

test('a URL is shared for a time, works without credentials, and is shown once', async ({ app, shell }) => {
  const { page } = app;
  await withAzurite(async (azurite) => {
    const files = await withBlob(app, azurite);
    const take = await photographer(app, shell);
    await files.row('readings.csv').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Share…' }).click();
    const dialog = page.getByRole('dialog', { name: 'readings.csv' });
    await expect(tab(dialog, 'Access')).toHaveAttribute('aria-selected', 'true');
    await expect(dialog).toContainText(`${azurite.endpoint}/measurements/2025/readings.csv`);
    await dialog.getByRole('radio', { name: 'Until…' }).check();
    await dialog.getByLabel('Until', { exact: true }).fill('2020-01-01T00:00');
    await expect(dialog).toContainText('This is over already.');
    await expect(dialog.getByRole('button', { name: 'Create URL' })).toBeDisabled();
    await dialog.getByRole('radio', { name: '1 hour' }).check();
    await dialog.getByRole('button', { name: 'Create URL' }).click();
    const shown = dialog.getByRole('textbox', { name: 'Shared URL' });
    await expect(shown).toBeFocused();
    await expect(dialog).toContainText('cannot be taken back');
    const url = await shown.inputValue();
    expect(Date.parse(new URL(url).searchParams.get('se') ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000);
    const got = await fetch(url);
    expect([got.status, await got.text()]).toEqual([200, 'a,b\n1,2\n']);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    await take('properties-access', ['light']);
    await tab(dialog, 'General').click();
    await tab(dialog, 'Access').click();
    await expect(shown).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.keyboard.press('Alt+Enter');
    await tab(dialog, 'Metadata and tags').click();
    await dialog.getByRole('button', { name: 'Add tag' }).click();
    await page.keyboard.type('<b>');
    await expect(dialog).toContainText('A tag has letters');
    await take('properties-metadata', ['dark']);
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });
});
