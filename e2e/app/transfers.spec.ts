import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { run } from '../fixtures/process.ts';
import { sha256, sha256sums, writeRandom } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';

const megabyte = 1024 * 1024;

async function open(app: RunningApp): Promise<FilesPage> {
  const files = new FilesPage(app);
  await files.createVfolder('data');
  return files;
}

const inside = (app: RunningApp, name = ''): string => join(app.home, 'vfolders', 'data', name);
const dropZone = (files: FilesPage) => files.page.getByTestId('folder-view');
const parts = async (app: RunningApp) => (await run('find', [join(app.home, 'vfolders'), '-name', '.stowage-part*'])).stdout;

test('an upload is paused, resumed and ends equal; another is cancelled and leaves nothing', async ({ app }) => {
  const files = await open(app);
  await withFolder('pause', async (folder) => {
    const source = join(folder, 'big.bin');
    await writeRandom(source, 900 * megabyte);
    await app.drop(dropZone(files), [source]);
    const item = files.transfer('big.bin').first();
    await item.getByRole('button', { name: 'Pause' }).click();
    await expect(item).toContainText('Paused');
    const words = await item.textContent();
    await expect(item.getByRole('button', { name: 'Resume' })).toBeVisible();
    expect(await item.textContent()).toBe(words);
    await item.getByRole('button', { name: 'Resume' }).click();
    await expect(item).toContainText('Done', { timeout: 60_000 });
    expect(await sha256(inside(app, 'big.bin'))).toBe(await sha256(source));

    await item.getByRole('button', { name: 'Remove from the list' }).click();
    await expect(files.transfers).toContainText('No transfers');
    await files.row('big.bin').click();
    await files.page.keyboard.press('Delete');
    await app.drop(dropZone(files), [source]);
    await item.getByRole('button', { name: 'Cancel' }).click();
    await expect(item).toContainText('Cancelled');
    await expect(files.page.getByRole('main')).toContainText('“data” is empty');
    await expect.poll(() => parts(app)).toBe('');
    await files.page.getByRole('button', { name: 'Clear ended' }).click();
    await expect(files.transfers).toContainText('No transfers');
  });
});

test('a conflict of an upload is asked in the panel, for one file or for all', async ({ app, shell }) => {
  const files = await open(app);
  await withFolder('conflict', async (folder) => {
    const names = ['a.txt', 'b.txt', 'c.txt'];
    for (const name of names) {
      await writeFile(join(folder, name), `new ${name}`);
      await writeFile(inside(app, name), `old ${name}`);
    }
    await app.drop(
      dropZone(files),
      names.map((name) => join(folder, name)),
    );
    if (shell !== 'browser') {
      const dialog = files.page.getByRole('dialog', { name: '3 files exist already' });
      await dialog.getByRole('radio', { name: 'Ask for each one' }).check();
      await dialog.getByRole('button', { name: 'Go on' }).click();
    }
    const item = files.transfers.getByRole('listitem').first();
    await expect(item).toContainText('3 files exist already');
    await item.getByRole('button', { name: /^Files of/ }).click();
    await item.getByRole('listitem').filter({ hasText: 'a.txt' }).getByRole('button', { name: 'Skip' }).click();
    await expect(item).toContainText('2 files exist already');
    await item
      .getByRole('group', { name: /^Conflicts of/ })
      .getByRole('button', { name: 'Overwrite' })
      .click();
    await expect(item).toContainText('Done');
    const texts = await Promise.all(names.map((name) => readFile(inside(app, name), 'utf8')));
    expect(texts).toEqual(['old a.txt', 'new b.txt', 'new c.txt']);
  });
});

test('a file that cannot be written fails alone and says why; what was in its way gone, a retry sends it', async ({ app }) => {
  const files = await open(app);
  await withFolder('blocked', async (folder) => {
    const source = join(folder, 'set');
    await mkdir(join(source, 'inner'), { recursive: true });
    await writeFile(join(source, 'good.txt'), 'good');
    await writeFile(join(source, 'inner', 'late.txt'), 'late');
    // A file stands where a folder has to be.
    await mkdir(inside(app, 'set'));
    await writeFile(inside(app, 'set/inner'), 'in the way');
    await app.drop(dropZone(files), [source]);
    const item = files.transfer('set').first();
    await expect(item).toContainText('Failed');
    await expect(item).toContainText('1 file failed');
    await item.getByRole('button', { name: 'Files of set' }).click();
    // By paths it is the folder that fails, from a page each of its files.
    const failed = item.getByRole('listitem').filter({ hasText: 'set/inner' });
    await expect(failed.getByLabel('Failed')).toBeVisible();
    await expect(failed).toContainText(/“.*inner.*”/);
    expect(await readFile(inside(app, 'set/good.txt'), 'utf8')).toBe('good');

    await rm(inside(app, 'set/inner'));
    await item.getByRole('button', { name: 'Retry the failed files' }).click();
    await expect(item).toContainText('Done');
    expect(await sha256sums(inside(app, 'set'))).toBe(await sha256sums(source));
  });
});

test.describe('in a browser', () => {
  test.skip(({ shell }) => shell !== 'browser', 'only a browser sends files from its page');

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
    expect(await parts(files.app)).toBe('');
  }

  test('the page reloaded in the middle of an upload: it waits, and goes on when the files are chosen again', async ({ app }) => {
    test.slow();
    const files = await open(app);
    await withFolder('reload', async (folder) => {
      const source = await makeSet(folder);
      await app.drop(dropZone(files), [source]);
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
      await app.drop(dropZone(files), [source]);
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
      expect(await parts(app)).toBe('');
    });
  });
});
