import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

const day = 24 * 3_600_000;

/** A project as people have them: some folders, names that look alike. */
async function fill(folder: string): Promise<void> {
  const put = async (path: string, size: number, age: number): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), 'x'.repeat(size));
    const at = new Date(Date.now() - age);
    await utimes(join(folder, path), at, at);
  };
  await put('README.md', 900, 3 * day);
  await put('reports/2026/summary.csv', 40_000, 2 * day);
  await put('reports/2025/summary.csv', 30_000, 300 * day);
  await put('reports/2025/Überblick.csv', 20, 301 * day);
  for (let run = 1; run <= 12; run++) {
    await put(`runs/run-${run}/metrics.csv`, run * 1000, run * day);
    await put(`runs/run-${run}/model.safetensors`, run * 30_000, run * day);
    await put(`runs/run-${run}/log.txt`, 10, run * day);
  }
}

class SearchPage extends FilesPage {
  readonly field = this.page.getByRole('searchbox', { name: 'Search everything below' });
  readonly found = this.page.getByRole('status', { name: 'Search summary' });
  readonly folders = this.grid.locator('[role=row] > [role=gridcell]:nth-child(2)');
  readonly scope = this.page.getByRole('button', { name: /^Look in/ });

  constructor(app: RunningApp) {
    super(app);
  }
}

async function openProject(app: RunningApp): Promise<SearchPage> {
  await stowage(app.home, ['vfolder', 'create', 'project']);
  await fill(join(app.home, 'vfolders', 'project'));
  const files = new SearchPage(app);
  await files.treeItem('project').click();
  await expect(files.row('runs')).toBeVisible();
  return files;
}

test('everything below a folder is searched by keyboard, a match opened in its folder, and gone back to', async ({ app }) => {
  const files = await openProject(app);
  const { page } = app;
  await page.keyboard.press('Control+Shift+F');
  await expect(files.field).toBeFocused();
  await page.keyboard.type('summary csv');
  await expect(files.names()).toHaveText(['summary.csv', 'summary.csv']);
  await expect(files.found).toHaveText('2 matches');
  await expect(page.getByText('indexed just now')).toBeVisible();
  await files.field.fill('ext:csv size:>8k');
  await expect(files.found).toHaveText('6 matches');
  await files.field.fill('runs/*/metrics.csv modified:<3d');
  await expect(files.found).toHaveText('2 matches');
  await expect(files.folders).toHaveText(['runs/run-1', 'runs/run-2']);
  await files.field.fill('colour:red');
  await expect(page.getByRole('main')).toContainText('There is no filter “colour:”');
  await files.field.fill('nothing like it');
  await expect(page.getByRole('main')).toContainText('Nothing matches');
  await files.field.fill('überblick');
  await expect(files.names()).toHaveText(['Überblick.csv']);

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(files.row('Überblick.csv')).toHaveAttribute('aria-selected', 'true');
  // Looked into where it is found; closing that leaves the search as it is.
  const preview = page.getByRole('region', { name: 'Preview' });
  await page.keyboard.press('Space');
  await expect(preview.getByRole('heading', { name: 'Überblick.csv' })).toBeVisible();
  await expect(preview).toContainText('xxxxxxxxxxxxxxxxxxxx');
  await page.keyboard.press('Escape');
  await expect(preview).toHaveCount(0);
  await expect(files.row('Überblick.csv')).toHaveAttribute('aria-selected', 'true');

  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid', { name: 'Files in project:/reports/2025' })).toBeVisible();
  await expect(files.row('Überblick.csv')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(files.field).toHaveValue('überblick');
  await expect(files.names()).toHaveText(['Überblick.csv']);
  await files.field.press('Escape');
  await expect(files.row('README.md')).toBeVisible();
  await page.keyboard.press('Control+F');
  await expect(page.getByRole('searchbox', { name: 'Filter this folder' })).toBeFocused();
});

test('matches are sorted, selected, dragged and thrown away by mouse, and what changes is found at once', async ({ app }) => {
  const files = await openProject(app);
  const { page } = app;
  await files.scope.click();
  await page.getByRole('menuitemradio', { name: /Everything below/ }).click();
  await expect(files.field).toBeFocused();
  await page.keyboard.type('*.csv');
  await expect(files.found).toHaveText('15 matches');
  const sortBy = (column: string) => files.grid.getByRole('columnheader', { name: column }).getByRole('button').click();
  await sortBy('Size');
  await expect(files.folders.first()).toHaveText('reports/2026');
  await sortBy('Folder');
  await expect(files.folders.first()).toHaveText('reports/2025');
  await expect(files.folders.last()).toHaveText('runs/run-12');

  const take = await photographer(app, 'search');
  await files.names().nth(3).click();
  await files
    .names()
    .nth(6)
    .click({ modifiers: ['Shift'] });
  await take('results');
  await files.folders
    .filter({ hasText: /^reports\/2025$/ })
    .first()
    .click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: 'Show in its folder' })).toBeVisible();
  await page.getByRole('menuitem', { name: 'Move to trash' }).click();
  await expect(files.found).toHaveText('14 matches');
  await files.undo.click();
  await expect(files.found).toHaveText('15 matches');

  await files.folders
    .filter({ hasText: /^reports\/2025$/ })
    .first()
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  const field = page.getByRole('textbox', { name: /^New name of/ });
  await expect(field).toBeFocused();
  await field.fill('../up.csv');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill('renamed 1.csv');
  await field.press('Enter');
  await expect(files.row('renamed 1.csv')).toHaveCount(1);
  await page.keyboard.press('F2');
  await expect(field).toHaveValue('renamed 1.csv');
  await field.fill('renamed 2.csv');
  await field.press('Enter');
  await expect(files.row('renamed 2.csv')).toHaveCount(1);
  await expect(files.found).toHaveText('15 matches');

  await stowage(app.home, ['vfolder', 'create', 'other']);
  await files.row('Überblick.csv').first().dragTo(files.treeItem('other'));
  await files.expectTransferDone('Überblick.csv');
  await rm(join(app.home, 'vfolders', 'project', 'reports', '2026'), { recursive: true });
  await files.row('summary.csv').last().dblclick();
  await expect(page.getByRole('main')).toContainText(/not found|does not exist/i);
});

test('the palette offers files of indexes that are taken, and the command line finds them too', async ({ app }) => {
  const files = await openProject(app);
  const { page } = app;
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('überblick');
  await expect(files.found).toHaveText('1 match');
  await page.keyboard.press('Control+K');
  await page.keyboard.type('metrics run');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await expect(palette.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('combobox', { name: /Command/ }).fill('überblick');
  const option = palette.getByRole('option', { name: /Überblick\.csv/ });
  await expect(option).toBeVisible();
  await option.click();
  await expect(files.row('Überblick.csv')).toHaveAttribute('aria-selected', 'true');

  const found = await stowage(app.home, ['find', 'project:/reports', 'csv', 'size:>20k']);
  expect(found).toMatchObject({ code: 0, stderr: '' });
  expect(found.stdout.trim().split('\n').sort()).toEqual([
    'project:/reports/2025/summary.csv',
    'project:/reports/2026/summary.csv',
  ]);
  expect(await stowage(app.home, ['find', 'project:', 'nothing like it'])).toMatchObject({ code: 1, stdout: '' });
  expect(await stowage(app.home, ['find', 'project:', 'size:big'])).toMatchObject({ code: 64 });
  const listed = JSON.parse((await stowage(app.home, ['find', 'project:', 'kind:folder', '--json', '--limit', '3'])).stdout);
  expect(listed).toMatchObject({ total: 16, matches: [{ kind: 'directory' }, {}, {}] });
  expect((await stowage(app.home, ['index', 'project:'])).stdout).toMatch(/^Indexed 40 files in 16 folders/);
});

test('a container is searched for pieces of names, and still when its service is gone', async ({ app }) => {
  await withAzure(async (cloud) => {
    await cloud.addHost(app.home);
    expect(await stowage(app.home, ['vfolder', 'create', 'blobs', 'cloud'])).toMatchObject({ code: 0 });
    await fill(join(app.home, 'source'));
    expect(await stowage(app.home, ['upload', `${join(app.home, 'source')}/`, 'blobs:/'])).toMatchObject({ code: 0 });
    const files = new SearchPage(app);
    await files.treeItem('blobs').click();
    await app.page.keyboard.press('Control+Shift+F');
    await app.page.keyboard.type('run-1 kind:folder');
    await expect(files.names()).toHaveText(['run-1', 'run-10', 'run-11', 'run-12']);
    await files.field.fill('odel.safe*');
    await expect(app.page.getByRole('main')).toContainText('Nothing matches');
    await files.field.fill('odel.safe');
    await expect(files.found).toHaveText('12 matches');
  });
  const files = new SearchPage(app);
  await files.field.fill('summary');
  await expect(files.found).toHaveText('2 matches');
  await app.page.getByRole('button', { name: 'Refresh', exact: true }).click();
  await expect(app.page.getByText('Could not be refreshed')).toBeVisible({ timeout: 40_000 });
  await expect(files.found).toHaveText('2 matches');
});
