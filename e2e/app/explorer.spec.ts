import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';

/** A vfolder with a few files, opened. */
async function withData(app: RunningApp): Promise<FilesPage> {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  const folder = join(app.home, 'vfolders', 'data');
  await mkdir(join(folder, 'train', 'deep'), { recursive: true });
  await mkdir(join(folder, 'test'));
  await writeFile(join(folder, 'notes.txt'), 'notes');
  await writeFile(join(folder, 'readings.csv'), 'a,b\n');
  const files = new FilesPage(app);
  await files.treeItem('data').click();
  await expect(files.row('notes.txt')).toBeVisible();
  return files;
}

test('vfolders are created, renamed, cloned, deleted, restored and purged', async ({ app }) => {
  const files = new FilesPage(app);
  const { page } = app;
  await files.createVfolder('first');
  await files.chooseForVfolder('first', 'Rename…');
  const rename = page.getByRole('dialog', { name: 'Rename “first”' });
  await rename.getByRole('textbox', { name: 'New name' }).fill('a/b');
  await expect(rename.getByRole('button', { name: 'Rename' })).toBeDisabled();
  await rename.getByRole('textbox', { name: 'New name' }).fill('second');
  await page.keyboard.press('Enter');
  await expect(files.treeItem('second')).toBeVisible();
  await expect(files.treeItem('first')).toBeHidden();
  await files.undo.click();
  await expect(files.treeItem('first')).toBeVisible();

  await writeFile(join(app.home, 'vfolders', 'first', 'kept.txt'), 'kept');
  await files.chooseForVfolder('first', 'Clone…');
  await page.getByRole('dialog', { name: 'Clone “first”' }).getByRole('button', { name: 'Clone', exact: true }).click();
  await files.treeItem('first-copy').click();
  await expect(files.row('kept.txt')).toBeVisible();

  await files.chooseForVfolder('first', 'Move to trash');
  await expect(files.treeItem('first')).toBeHidden();
  await files.treeItem('Trash').click();
  await page.getByRole('button', { name: 'Restore first' }).click();
  await files.treeItem('first').click();
  await expect(files.row('kept.txt')).toBeVisible();

  await files.chooseForVfolder('first', 'Move to trash');
  await expect(files.treeItem('first')).toBeHidden();
  await files.treeItem('Trash').click();
  await page.getByRole('button', { name: 'Delete first forever' }).click();
  const purge = page.getByRole('alertdialog', { name: 'Delete “first” forever?' });
  await expect(purge).toContainText('every file in it are lost');
  await purge.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Delete first forever' }).click();
  await purge.getByRole('button', { name: 'Delete forever' }).click();
  await expect(page.getByRole('main')).toContainText('The trash is empty');
});

test('folders are made and renamed in place, and a name that is taken loses nothing', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  await page.getByRole('button', { name: /^New folder/ }).click();
  await page.getByRole('textbox', { name: 'New name of New folder' }).fill('results');
  await page.keyboard.press('Enter');
  await expect(files.row('results')).toHaveAttribute('aria-selected', 'true');

  await files.row('notes.txt').click();
  await page.keyboard.press('F2');
  const name = page.getByRole('textbox', { name: 'New name of notes.txt' });
  await expect(name).toBeFocused();
  await name.fill('readings.csv');
  await expect(page.getByRole('tooltip')).toContainText('exists here already');
  await page.keyboard.press('Enter');
  await expect(name).toHaveValue('readings.csv');
  await name.fill('a/b');
  await expect(page.getByRole('tooltip')).toContainText('no “/”');
  await name.fill('Notes 2.txt');
  await page.keyboard.press('Enter');
  await expect(files.row('Notes 2.txt')).toBeVisible();
  await expect(files.row('readings.csv')).toBeVisible();
  await files.undo.last().click();
  await expect(files.row('notes.txt')).toBeVisible();

  // The message leaves while the next name is typed, and takes no focus along.
  await files.row('notes.txt').click();
  await page.keyboard.press('F2');
  await expect(page.getByRole('listitem').filter({ hasText: 'Renamed “notes.txt”' })).toHaveCount(0);
  await expect(name).toBeFocused();
  await name.fill('given up');
  await page.keyboard.press('Escape');
  await expect(files.row('notes.txt')).toBeVisible();
  await expect(files.grid).toBeFocused();
});

test('Delete moves to the trash, Undo brings back; the trash restores and destroys', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  await files.row('train').click();
  await page.keyboard.press('Delete');
  await expect(files.row('train')).toBeHidden();
  await files.undo.click();
  await expect(files.row('train')).toBeVisible();

  await files.row('notes.txt').click();
  await files.row('readings.csv').click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('Delete');
  await expect(files.summary).toContainText('2 items');
  await files.treeItem('Trash').click();
  await page.getByRole('button', { name: 'Restore notes.txt' }).click();
  await expect(page.getByRole('button', { name: 'Restore notes.txt' })).toBeHidden();
  await page.getByRole('button', { name: 'Delete readings.csv forever' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete forever' }).click();
  await expect(page.getByRole('main')).toContainText('The trash is empty');
  await files.treeItem('data').click();
  await expect(files.summary).toContainText('3 items');
  await expect(files.row('notes.txt')).toBeVisible();
});

test('the keyboard alone walks, selects, opens, makes, copies and pastes', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  const press = (keys: string) => page.keyboard.press(keys);
  await expect(files.grid).toBeFocused();
  await press('End');
  await expect(files.row('readings.csv')).toHaveAttribute('aria-selected', 'true');
  await press('Shift+ArrowUp');
  await expect(files.summary).toContainText('2 selected');
  await press('Control+a');
  await expect(files.summary).toContainText('4 selected');
  await press('Escape');
  await expect(files.summary).not.toContainText('selected');
  await page.keyboard.type('rea');
  await expect(files.row('readings.csv')).toHaveAttribute('aria-selected', 'true');
  await press('Control+c');
  await press('Home');
  await page.keyboard.type('train');
  await press('Enter');
  await expect(files.row('deep')).toBeVisible();
  await press('Control+v');
  await expect(files.row('readings.csv')).toBeVisible();
  await press('Control+Shift+n');
  await expect(page.getByRole('textbox', { name: 'New name of New folder' })).toBeFocused();
  await page.keyboard.type('made');
  await press('Enter');
  await expect(files.row('made')).toHaveAttribute('aria-selected', 'true');
  await press('Shift+F10');
  await press('ArrowDown');
  await expect(page.getByRole('menu')).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await press('Backspace');
  await expect(files.row('train')).toBeVisible();
  await press('Alt+ArrowLeft');
  await expect(files.row('made')).toBeVisible();
  await press('Alt+ArrowUp');
  await expect(files.row('train')).toBeVisible();
});

test('an address is completed while it is typed; back, forward and up go the way they say', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  const field = page.getByRole('combobox', { name: 'Address' });
  await page.keyboard.press('Control+l');
  await page.keyboard.type('da');
  await expect(page.getByRole('listbox', { name: 'Completions' })).toContainText('data:/');
  await page.keyboard.press('Tab');
  await expect(field).toHaveValue('data:/');
  await page.keyboard.type('tr');
  await expect(page.getByRole('option', { name: 'data:/train' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(field).toHaveValue('data:/train/');
  await expect(page.getByRole('option', { name: 'data:/train/deep' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('navigation', { name: 'Path' })).toContainText('deep');
  await page.getByRole('button', { name: 'Up (Alt+Up)' }).click();
  await expect(files.row('deep')).toBeVisible();
  await page.getByRole('button', { name: /^Back/ }).click();
  await expect(page.getByRole('main')).toContainText('This folder is empty');
  await page.getByRole('button', { name: /^Forward/ }).click();
  await expect(files.row('deep')).toBeVisible();
  await files.goTo('data:/nowhere');
  await expect(page.getByText('There is nothing at that address.', { exact: true })).toBeVisible();
  await expect(field).toHaveValue('data:/nowhere');
  await page.keyboard.press('Escape');
  await expect(files.row('deep')).toBeVisible();
});

test('the command palette completes an address and goes to a folder or a file', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('combobox', { name: 'Command, vfolder, job or address' });
  await palette.fill('data:/tr');
  await page.getByRole('option', { name: 'Open data:/train/', exact: true }).click();
  await expect(files.row('deep')).toBeVisible();
  await page.keyboard.press('Control+k');
  await palette.fill('data:/no');
  await page.getByRole('option', { name: 'Open data:/notes.txt', exact: true }).click();
  await expect(files.row('notes.txt')).toHaveAttribute('aria-selected', 'true');
});

test('tabs are there again after a restart, at their places', async ({ launch }) => {
  const first = await launch();
  const files = await withData(first);
  await files.row('train').dblclick();
  await expect(files.row('deep')).toBeVisible();
  await first.page.keyboard.press('Alt+t');
  await first.page.getByRole('tree', { name: 'Folders' }).getByRole('treeitem', { name: 'Trash' }).click();
  await expect(first.page.getByRole('tab')).toHaveCount(2);
  await first.page.getByRole('tab', { name: 'train' }).click();
  await expect(files.row('deep')).toBeVisible();
  await first.page.reload();
  await expect(first.page.getByRole('tab')).toHaveCount(2);
  await first.quit();

  const { page } = await launch();
  await expect(page.getByRole('tab')).toHaveCount(2);
  await expect(page.getByRole('tab', { name: 'train' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('grid')).toContainText('deep');
});

test('properties count what is in a folder, and what a vfolder is', async ({ app }) => {
  const files = await withData(app);
  const { page } = app;
  await files.row('train').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Properties/ }).click();
  const dialog = page.getByRole('dialog', { name: 'train' });
  await expect(dialog).toContainText('0 files, 1 folder');
  await expect(dialog).toContainText('data:/train');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await files.chooseForVfolder('data', 'Properties…');
  const whole = page.getByRole('dialog', { name: 'data' });
  await expect(whole).toContainText('2 files, 3 folders');
  await expect(whole).toContainText(join(app.home, 'vfolders', 'data'));
});
