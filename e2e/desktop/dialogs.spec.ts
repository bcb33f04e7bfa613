import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

test.skip(({ shell }) => shell !== 'double', 'answers the dialogs of the double of Electron');

const dialogs = (app: RunningApp) => app.reports.filter(({ type }) => type === 'open-dialog');
const fractions = (app: RunningApp) =>
  app.reports.filter(({ type }) => type === 'progress').map(({ fraction }) => fraction as number);

async function openVfolder(app: RunningApp, name: string): Promise<FilesPage> {
  const files = new FilesPage(app);
  await files.open();
  await files.createVfolder(name);
  await files.goTo(`${name}:/`);
  await expect(app.page.getByRole('button', { name: 'Upload files' }).first()).toBeVisible();
  return files;
}

test('files chosen in the system’s dialog arrive in the vfolder, and the taskbar shows how far they are', async ({ app }) => {
  await withFolder('chosen', async (folder) => {
    await writeFile(join(folder, 'one file.txt'), 'one');
    await writeFile(join(folder, 'zwei ä.bin'), Buffer.alloc(80 * 1024 * 1024, 7));
    const files = await openVfolder(app, 'chosen');
    await app.ask('dialog', [join(folder, 'one file.txt'), join(folder, 'zwei ä.bin')]);
    await app.page.getByRole('button', { name: 'Upload files' }).first().click();
    await expect(files.row('one file.txt')).toBeVisible();
    await expect(files.row('zwei ä.bin')).toBeVisible();
    expect(dialogs(app)).toEqual([
      { type: 'open-dialog', title: 'Upload files', properties: ['openFile', 'multiSelections', 'showHiddenFiles'] },
    ]);
    const place = join(app.home, 'vfolders', 'chosen');
    await expect.poll(() => sha256sums(place)).toBe(await sha256sums(folder));
    await expect.poll(() => fractions(app).at(-1)).toBe(-1);
    const shown = fractions(app).filter((fraction) => fraction >= 0);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.every((fraction) => fraction <= 1)).toBe(true);
  });
});

test('a folder goes up and comes down through the dialogs unchanged; a cancelled dialog does nothing', async ({ app }) => {
  await withFolder('dialogs', async (folder) => {
    const tree = join(folder, 'tree');
    const down = join(folder, 'down');
    await mkdir(tree);
    await mkdir(down);
    await makeMessyTree(tree, 40, 1024 * 1024);
    const files = await openVfolder(app, 'round-trip');
    const upload = app.page.getByRole('button', { name: 'Upload a folder' }).first();
    await upload.click();
    await expect.poll(() => dialogs(app).length).toBe(1);
    await app.ask('dialog', [tree]);
    await upload.click();
    await expect(files.row('tree')).toBeVisible();
    const uploaded = join(app.home, 'vfolders', 'round-trip', 'tree');
    await expect.poll(() => sha256sums(uploaded).catch(() => '')).toBe(await sha256sums(tree));

    const download = async (): Promise<void> => {
      await files.row('tree').click({ button: 'right' });
      await app.page.getByRole('menuitem', { name: 'Download' }).click();
    };
    await download();
    await expect.poll(() => dialogs(app).length).toBe(3);
    expect(await readdir(down)).toEqual([]);
    await app.ask('dialog', [down]);
    await download();
    await expect.poll(() => sha256sums(join(down, 'tree')).catch(() => '')).toBe(await sha256sums(tree));
    expect(dialogs(app).map(({ properties }) => properties)).toEqual([
      ['openDirectory', 'multiSelections'],
      ['openDirectory', 'multiSelections'],
      ['openDirectory', 'createDirectory'],
      ['openDirectory', 'createDirectory'],
    ]);
  });
});
