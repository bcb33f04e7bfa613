import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright/test';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';

test.skip(({ shell }) => shell !== 'double', 'reads what the double of Electron was given to drag');

const drags = (app: RunningApp) => app.reports.filter(({ type }) => type === 'start-drag').map(({ files }) => files as string[]);

/** Holds the button on something and moves away from it, as a drag begins; gives how to let go. */
async function dragFrom(app: RunningApp, from: Locator): Promise<() => Promise<void>> {
  const { mouse } = app.page;
  await from.hover();
  await mouse.down();
  const box = await from.boundingBox();
  for (const step of [10, 30, 60]) await mouse.move((box?.x ?? 0) + 40 + step, (box?.y ?? 0) + step);
  return () => mouse.up();
}

test('rows leave the window as the files that they are, with Alt or by the grip; a plain drag stays inside', async ({ app }) => {
  const files = new FilesPage(app);
  await files.open();
  const { page } = app;
  await stowage(app.home, ['vfolder', 'create', 'data']);
  await stowage(app.home, ['mkdir', 'data:/folder']);
  for (const name of ['a.txt', 'b.txt']) await writeFile(onDisk(app, 'data', name), name);
  await files.goTo('data:/');
  await files.row('a.txt').click();
  await files.row('b.txt').click({ modifiers: ['Shift'] });
  await page.keyboard.down('Alt');
  let letGo = await dragFrom(app, files.row('a.txt'));
  await expect.poll(() => drags(app)).toEqual([[onDisk(app, 'data', 'a.txt'), onDisk(app, 'data', 'b.txt')]]);
  await letGo();
  await page.keyboard.up('Alt');
  const [report] = app.reports.filter(({ type }) => type === 'start-drag');
  expect(report).toMatchObject({ icon: { path: expect.stringMatching(/icon\.png$/), width: 48 } });

  await files.row('folder').click();
  letGo = await dragFrom(app, page.getByTestId('drag-out'));
  await expect.poll(() => drags(app).at(-1)).toEqual([onDisk(app, 'data', 'folder')]);
  await letGo();

  await files.row('b.txt').dragTo(files.row('folder'));
  await expect(files.row('b.txt')).toBeHidden();
  expect(drags(app)).toHaveLength(2);
  expect(await readdir(onDisk(app, 'data', 'folder'))).toEqual(['b.txt']);
});

test('what lies at a host is fetched first; let go before, it is ready for the next drag, and gone after quitting', async ({
  app,
  home,
}) => {
  await withAzure(async (cloud) => {
    expect(await cloud.addHost(home)).toMatchObject({ code: 0 });
    expect(await stowage(home, ['vfolder', 'create', 'far', 'cloud'])).toMatchObject({ code: 0 });
    await writeFile(join(home, 'notes.txt'), 'from afar');
    expect(await stowage(home, ['upload', join(home, 'notes.txt'), 'far:/'])).toMatchObject({ code: 0 });
    const files = new FilesPage(app);
    await files.open();
    await files.goTo('far:/');
    await files.row('notes.txt').click();
    const grip = app.page.getByTestId('drag-out');
    // A press that ends before the page has heard from the core.
    await grip.evaluate((element) => {
      element.dispatchEvent(new DragEvent('dragstart', { bubbles: true, cancelable: true }));
      window.dispatchEvent(new MouseEvent('mouseup'));
    });
    await expect(app.page.getByText('Drag again, it is ready', { exact: true })).toBeVisible();
    expect(drags(app)).toEqual([]);
    const letGo = await dragFrom(app, grip);
    await expect.poll(() => drags(app)).toEqual([[expect.stringMatching(/drag-out\/[\w-]+\/notes\.txt$/)]]);
    await letGo();
    const path = drags(app)[0]?.[0] ?? '';
    expect(path.startsWith(home)).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('from afar');
    await app.quit();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });
});
