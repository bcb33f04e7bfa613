import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { leftParts, onDisk } from '../fixtures/on-disk.ts';
import { sha256sums, writeRandom } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

const megabyte = 1024 * 1024;

async function open(app: RunningApp): Promise<FilesPage> {
  const files = new FilesPage(app);
  await files.createVfolder('data');
  return files;
}

const inside = (app: RunningApp, name = ''): string => onDisk(app, 'data', name);

/** A folder of some size that takes a while to send. */
async function makeSet(folder: string): Promise<string> {
  const source = join(folder, 'set');
  await mkdir(join(source, 'inner'), { recursive: true });
  for (let at = 0; at < 6; at += 1) await writeRandom(join(source, 'inner', `part-${at}.bin`), 160 * megabyte);
  await writeFile(join(source, 'note.txt'), 'note');
  return source;
}

async function chooseAgain(files: FilesPage, source: string): Promise<void> {
  const { page } = files;
  const item = files.transfer('set').first();
  await item.getByRole('button', { name: 'Choose again' }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('menuitem', { name: 'The same folder…', exact: true }).click(),
  ]);
  await chooser.setFiles(source);
  await expect(item).toContainText('Done', { timeout: 90_000 });
  await expect(files.row('set')).toBeVisible();
  expect(await sha256sums(inside(files.app, 'set'))).toBe(await sha256sums(source));
  expect(await leftParts(files.app)).toBe('');
}

test('the page reloaded in the middle of an upload: it waits, and goes on when the files are chosen again', async ({ app }) => {
  test.slow();
  const files = await open(app);
  await withFolder('reload', async (folder) => {
    const source = await makeSet(folder);
    await app.drop(files.dropZone, [source]);
    await expect(files.transfer('set').first()).toContainText(/[1-9]\d* MB of/);
    await app.page.reload();
    await expect(files.transfer('set').first().getByRole('button', { name: 'Choose again' })).toBeVisible();
    await chooseAgain(files, source);
  });
});

test('the core killed and started again under the page: it reconnects or asks to sign in, and nothing is lost', async ({
  app,
}) => {
  test.slow();
  const files = await open(app);
  const { page } = app;
  await withFolder('killed', async (folder) => {
    const source = await makeSet(folder);
    await app.drop(files.dropZone, [source]);
    await expect(files.transfer('set').first()).toContainText(/[1-9]\d* MB of/);
    const notice = page.getByText('Reconnecting…');
    const [key] = await Promise.all([app.restartHost(), expect(notice).toBeVisible()]);
    await expect(page.getByRole('heading', { name: 'Sign in to Stowage' })).toBeVisible();
    await page.getByRole('textbox', { name: 'Key' }).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(files.treeItem('data')).toBeVisible();
    const item = files.transfer('set').first();
    await expect(item).toBeVisible();
    await expect(item).toContainText('Done', { timeout: 90_000 });
    expect(await sha256sums(inside(app, 'set'))).toBe(await sha256sums(source));
    expect(await leftParts(app)).toBe('');
  });
});
