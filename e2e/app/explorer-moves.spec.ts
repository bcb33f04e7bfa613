import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { run, stowage } from '../fixtures/process.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

/** Chooses files or a folder by the Upload button, as each shell does it. */
async function uploadByButton(app: RunningApp, shell: string, choice: 'Files…' | 'Folder…', paths: string[]): Promise<void> {
  const { page } = app;
  if (shell !== 'browser') await app.ask('dialog', paths);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  const item = page.getByRole('menuitem', { name: choice });
  if (shell !== 'browser') return item.click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), item.click()]);
  await chooser.setFiles(paths);
}

test('files and a folder are uploaded by the button, and are equal', async ({ app, shell }) => {
  const files = new FilesPage(app);
  await files.createVfolder('data');
  await withFolder('upload', async (folder) => {
    const tree = join(folder, 'a tree');
    await mkdir(tree);
    await makeMessyTree(tree, 60, 3_000_000);
    await writeFile(join(folder, 'one.txt'), 'one');
    await writeFile(join(folder, 'two.txt'), 'two');
    await uploadByButton(app, shell, 'Files…', [join(folder, 'one.txt'), join(folder, 'two.txt')]);
    await expect(files.row('two.txt')).toBeVisible();
    await uploadByButton(app, shell, 'Folder…', [tree]);
    await files.expectTransferDone('a tree');
    expect(await sha256sums(join(app.home, 'vfolders', 'data', 'a tree'))).toBe(await sha256sums(tree));
    await expect(files.summary).toContainText('3 items');
  });
});

test('a file and a folder are downloaded, and are equal', async ({ app, shell }) => {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  const inside = join(app.home, 'vfolders', 'data');
  await mkdir(join(inside, 'tree'));
  await makeMessyTree(join(inside, 'tree'), 60, 3_000_000);
  await writeFile(join(inside, 'one.txt'), 'one');
  const files = new FilesPage(app);
  const { page } = app;
  await files.treeItem('data').click();
  await withFolder('download', async (folder) => {
    const download = async (name: string): Promise<string> => {
      await files.row(name).click({ button: 'right' });
      const item = page.getByRole('menuitem', { name: 'Download' });
      if (shell !== 'browser') {
        await app.ask('dialog', [folder]);
        await item.click();
        await files.expectTransferDone(name);
        return join(folder, name);
      }
      const [saved] = await Promise.all([page.waitForEvent('download'), item.click()]);
      const path = join(folder, saved.suggestedFilename());
      await saved.saveAs(path);
      return path;
    };
    expect(await readFile(await download('one.txt'), 'utf8')).toBe('one');
    const saved = await download('tree');
    if (saved.endsWith('.tar')) expect(await run('tar', ['-xf', saved, '-C', folder])).toMatchObject({ code: 0, stderr: '' });
    expect(await sha256sums(join(folder, 'tree'))).toBe(await sha256sums(join(inside, 'tree')));
  });
});

const old = new Date(Date.UTC(2020, 0, 1));
const recent = new Date(Date.UTC(2025, 0, 1));

/** `from` has a.txt and b.txt (recent), `to` has an older a.txt and a newer b.txt. */
async function makeConflict(home: string): Promise<void> {
  for (const name of ['from', 'to']) await stowage(home, ['vfolder', 'create', name]);
  const put = async (path: string, at: Date, text: string): Promise<void> => {
    await writeFile(join(home, 'vfolders', path), text);
    await utimes(join(home, 'vfolders', path), at, at);
  };
  await put('from/a.txt', recent, 'from a');
  await put('from/b.txt', old, 'from b');
  await put('to/a.txt', old, 'to a');
  await put('to/b.txt', recent, 'to b');
}

for (const [label, a, b, items] of [
  ['Skip', 'to a', 'to b', 2],
  ['Overwrite', 'from a', 'from b', 2],
  ['Overwrite only if older', 'from a', 'to b', 2],
  ['Keep both, with a number in the new name', 'to a', 'to b', 4],
  ['Ask for each one', 'from a', 'to b', 2],
] as const) {
  test(`pasting onto what exists asks first: ${label}`, async ({ app }) => {
    await makeConflict(app.home);
    const files = new FilesPage(app);
    const { page } = app;
    await files.treeItem('from').click();
    await expect(files.row('b.txt')).toBeVisible();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await files.treeItem('to').click();
    await expect(files.row('b.txt')).toBeVisible();
    await files.grid.focus();
    await page.keyboard.press('Control+v');
    const dialog = page.getByRole('dialog', { name: '2 files exist already' });
    await expect(dialog).toContainText('a.txt');
    await dialog.getByRole('radio', { name: label, exact: true }).check();
    await dialog.getByRole('button', { name: 'Go on' }).click();
    if (label === 'Ask for each one') {
      const item = files.transfers.getByRole('listitem').first();
      await item.getByRole('button', { name: /^Files of/ }).click();
      await item.getByRole('listitem').filter({ hasText: 'a.txt' }).getByRole('button', { name: 'Overwrite' }).click();
      await item.getByRole('listitem').filter({ hasText: 'b.txt' }).getByRole('button', { name: 'Skip' }).click();
    }
    await expect(files.transfers.getByRole('listitem').first()).toContainText('Done');
    await expect(files.summary).toContainText(`${items} items`);
    const read = (name: string) => readFile(join(app.home, 'vfolders', 'to', name), 'utf8');
    expect([await read('a.txt'), await read('b.txt')]).toEqual([a, b]);
    expect(await readFile(join(app.home, 'vfolders', 'from', 'a.txt'), 'utf8')).toBe('from a');
  });
}

test('cut and paste moves, a row dragged onto a folder moves, and copying in place makes a second one', async ({ app }) => {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  await stowage(app.home, ['vfolder', 'create', 'other']);
  const inside = join(app.home, 'vfolders', 'data');
  await mkdir(join(inside, 'folder'));
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await writeFile(join(inside, name), name);
  const files = new FilesPage(app);
  const { page } = app;
  await files.treeItem('data').click();

  await files.row('a.txt').dragTo(files.row('folder'));
  await expect(files.row('a.txt')).toBeHidden();
  await files.row('folder').dblclick();
  await expect(files.row('a.txt')).toBeVisible();
  await page.keyboard.press('Alt+ArrowUp');

  await files.row('b.txt').click();
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(files.summary).toContainText('4 items');

  await files.row('c.txt').click();
  await page.keyboard.press('Control+x');
  await files.treeItem('other').click();
  await expect(page.getByRole('main')).toContainText('“other” is empty');
  await page.keyboard.press('Control+v');
  await expect(files.row('c.txt')).toBeVisible();

  // Between vfolders a drag copies.
  await files.row('c.txt').dragTo(files.treeItem('data'));
  await files.treeItem('data').click();
  await expect(files.row('c.txt')).toBeVisible();
  await expect(files.summary).toContainText('4 items');
  expect(await readFile(join(app.home, 'vfolders', 'other', 'c.txt'), 'utf8')).toBe('c.txt');
});

test('files that another program copied are pasted, and what is copied here is when they are not', async ({ app }) => {
  const files = new FilesPage(app);
  const { page } = app;
  await files.createVfolder('data');
  await expect(page.getByRole('main')).toContainText('“data” is empty');
  // The clipboard of a test holds no files: the event is what a browser makes of one that does.
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['from elsewhere'], 'pasted.txt'));
    (document.activeElement ?? document.body).dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  });
  await expect(files.row('pasted.txt')).toBeVisible();
  expect(await readFile(join(app.home, 'vfolders', 'data', 'pasted.txt'), 'utf8')).toBe('from elsewhere');
  await files.row('pasted.txt').click();
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(files.summary).toContainText('2 items');
  // A text field keeps its own.
  await page.getByRole('searchbox', { name: 'Filter this folder' }).click();
  await page.keyboard.press('Control+v');
  await expect(page.getByRole('searchbox', { name: 'Filter this folder' })).toHaveValue('data:/pasted.txt');
});
