import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { type Cloud, withAzure } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer, type Take } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

/** A container that rclone filled, linked as `cloud-data`, and a vfolder of this machine. */
async function withContainer(app: RunningApp, cloud: Cloud, folder: string): Promise<FilesPage> {
  const day = 24 * 3600_000;
  await mkdir(join(folder, 'train', 'day 1'), { recursive: true });
  for (const [name, size, age] of [
    ['img10.png', 300, 3],
    ['img2.png', 20, 1],
    ['Readme & notes #1.md', 4000, 2],
    ['train/day 1/table.csv', 1, 4],
    ['train/frame.png', 70_000, 5],
  ] as const) {
    await writeFile(join(folder, name), 'x'.repeat(size));
    const at = new Date(Date.now() - age * day);
    await utimes(join(folder, name), at, at);
  }
  expect(await cloud.rclone('copy', folder, 'cloud:data')).toMatchObject({ code: 0 });
  expect(await cloud.addHost(app.home)).toMatchObject({ code: 0 });
  expect(await stowage(app.home, ['vfolder', 'link', 'cloud-data', 'cloud:data', '--rw'])).toMatchObject({ code: 0 });
  expect(await stowage(app.home, ['vfolder', 'create', 'here'])).toMatchObject({ code: 0 });
  const files = new FilesPage(app);
  await files.treeItem('cloud-data').click();
  await expect(files.names()).toHaveText(['train', 'img2.png', 'img10.png', 'Readme & notes #1.md']);
  return files;
}

interface OnAzure {
  readonly files: FilesPage;
  readonly cloud: Cloud;
  readonly folder: string;
  readonly take: Take;
}

/** Opens the container of an Azure of its own while `work` lasts. */
async function onAzure(app: RunningApp, shell: string, work: (opened: OnAzure) => Promise<void>): Promise<void> {
  test.slow();
  await withAzure((cloud) =>
    withFolder('cloud', async (folder) => {
      const files = await withContainer(app, cloud, folder);
      await work({ files, cloud, folder, take: await photographer(app, shell) });
    }),
  );
}

/** What rclone finds in the container, an independent witness. */
const names = async (cloud: Cloud): Promise<string[]> =>
  (await cloud.rclone('lsf', '-R', '--files-only', 'cloud:data')).stdout.trim().split('\n').sort();

test('a container of Azure: tree, tabs, addresses, stars, sorting, filtering and searching it (F1, F2, F3)', async ({
  app,
  shell,
}) => {
  await onAzure(app, shell, async ({ files, take }) => {
    const { page } = app;
    // F1: the tree by keyboard, a second tab, an address completed, a star, and all of it after a restart of the page.
    await files.treeItem('cloud-data').focus();
    await page.keyboard.press('ArrowRight');
    await expect(files.treeItem('train')).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(files.row('frame.png')).toBeVisible();
    await page.keyboard.press('Control+d');
    await page.keyboard.press('Alt+t');
    await page.keyboard.press('Control+l');
    await page.keyboard.type('cloud-data:/tr');
    await expect(page.getByRole('option', { name: 'cloud-data:/train' })).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('option', { name: 'cloud-data:/train/day 1' })).toBeVisible();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(files.row('table.csv')).toBeVisible();
    await page.keyboard.press('Alt+ArrowUp');
    await expect(files.row('frame.png')).toBeVisible();
    await page.keyboard.press('Alt+ArrowLeft');
    await expect(files.row('table.csv')).toBeVisible();
    await page.reload();
    await expect(page.getByRole('tab')).toHaveCount(2);
    await expect(files.row('table.csv')).toBeVisible();
    await take('f1-tree-tabs-azure', ['light']);

    // F2: the times are those that rclone kept; the tier is the service's.
    await files.goTo('cloud-data:/');
    await files.grid.getByRole('columnheader', { name: 'Size' }).getByRole('button').click();
    await expect(files.names()).toHaveText(['train', 'Readme & notes #1.md', 'img10.png', 'img2.png']);
    await files.grid.getByRole('columnheader', { name: 'Modified' }).getByRole('button').click();
    await expect(files.names()).toHaveText(['train', 'img2.png', 'Readme & notes #1.md', 'img10.png']);
    await expect(files.row('img2.png').getByRole('gridcell', { name: 'Hot', exact: true })).toBeVisible();
    await take('f2-table-azure', ['light']);

    // F3: the filter of the folder, and everything below it.
    await page.keyboard.press('Control+f');
    await page.keyboard.type('IMG');
    await expect(files.names()).toHaveText(['img2.png', 'img10.png']);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+f');
    await page.keyboard.type('*.png size:>200');
    await expect(files.names()).toHaveText(['frame.png', 'img10.png']);
    await expect(page.getByText('indexed just now')).toBeVisible();
    await take('f3-search-azure', ['light']);
  });
});

test('a container of Azure: selecting, copying between hosts, renaming, deleting and counting in it (F4, F5, F6, F8)', async ({
  app,
  shell,
}) => {
  await onAzure(app, shell, async ({ files, take, cloud, folder }) => {
    const { page } = app;
    // F4: keys, the menu of the selection, the palette.
    await files.grid.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+ArrowUp');
    await expect(files.summary).toContainText('2 selected');
    await page.keyboard.press('Shift+F10');
    await expect(page.getByRole('menu', { name: 'Actions for the selection' })).toBeVisible();
    await take('f4-menu-azure', ['light']);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('combobox', { name: 'Command, vfolder, job or address' });
    await palette.fill('cloud-data:/train/fr');
    await page.getByRole('option', { name: 'Open cloud-data:/train/frame.png' }).click();
    await expect(files.row('frame.png')).toHaveAttribute('aria-selected', 'true');
    // What is dropped while it fades is dropped onto it.
    await expect(palette).toHaveCount(0);

    // F5: from the desktop into the cloud; from the cloud to this machine by keys; inside the cloud by drag.
    await mkdir(join(folder, 'from the desktop'));
    await writeFile(join(folder, 'from the desktop', 'new.csv'), 'a,b\n');
    await app.drop(files.dropZone, [join(folder, 'from the desktop')]);
    await expect(files.row('from the desktop')).toBeVisible();
    await files.row('frame.png').click();
    await page.keyboard.press('Control+c');
    await files.treeItem('here').click();
    await expect(page.getByRole('main')).toContainText('“here” is empty');
    await page.keyboard.press('Control+v');
    await expect(files.row('frame.png')).toBeVisible();
    await files.treeItem('cloud-data').click();
    await files.row('img2.png').dragTo(files.row('train'));
    await expect(files.row('img2.png')).toBeHidden();
    await expect.poll(() => names(cloud)).toContain('train/img2.png');
    await take('f5-transfers-azure', ['light']);
    await expect
      .poll(() => cloud.rclone('check', '--download', onDisk(app, 'here'), 'cloud:data/train', '--one-way'))
      .toMatchObject({ code: 0 });

    // F6: a folder is made, a blob renamed and taken back, some deleted and brought back.
    await page.keyboard.press('Control+Shift+n');
    await expect(page.getByRole('textbox', { name: /^New name of/ })).toBeFocused();
    await page.keyboard.type('results');
    await page.keyboard.press('Enter');
    await expect(files.row('results')).toBeVisible();
    await files.row('img10.png').click();
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'New name of img10.png' }).fill('renamed %41.png');
    await page.keyboard.press('Enter');
    await expect.poll(() => names(cloud)).toContain('renamed %41.png');
    await files.undo.last().click();
    await expect(files.row('img10.png')).toBeVisible();
    await files.row('train').click();
    await page.keyboard.press('Delete');
    await expect(files.row('train')).toBeHidden();
    expect(await names(cloud)).not.toContain('train/frame.png');
    await files.undo.last().click();
    await expect(files.row('train')).toBeVisible();
    await expect.poll(() => names(cloud)).toContain('train/frame.png');

    // F8: what is below is counted where it lies.
    await files.row('train').click();
    await page.keyboard.press('Alt+Enter');
    const dialog = page.getByRole('dialog', { name: 'train' });
    await expect(dialog).toContainText('4 files');
    await dialog.getByRole('tab', { name: 'Contents' }).click();
    await expect(dialog).toContainText('frame.png');
    await take('f8-statistics-azure', ['light']);
  });
});
