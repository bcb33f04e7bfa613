import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { type Cloud, withAzure } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

test.skip(({ shell }) => shell !== 'double', 'reads what the double of Electron was given to open');

const opened = (app: RunningApp): string[] =>
  app.reports.filter(({ type }) => type === 'open-path').map(({ path }) => String(path));

/** Makes the vfolder `far` at the host with files in it. */
async function makeFar(home: string, cloud: Cloud, names: readonly string[]): Promise<void> {
  expect(await cloud.addHost(home)).toMatchObject({ code: 0 });
  expect(await stowage(home, ['vfolder', 'create', 'far', 'cloud'])).toMatchObject({ code: 0 });
  for (const name of names) await put(home, name, `first ${name}`);
}

async function put(home: string, name: string, text: string): Promise<void> {
  await writeFile(join(home, name), text);
  expect(await stowage(home, ['upload', '--conflict', 'overwrite', join(home, name), 'far:/'])).toMatchObject({ code: 0 });
}

const far = async (home: string, name: string): Promise<string> => (await stowage(home, ['cat', `far:/${name}`])).stdout;

/** Opens a file of the folder that is shown with the keyboard; gives the path that the program got. */
async function openRow(app: RunningApp, files: FilesPage, name: string): Promise<string> {
  const before = opened(app).length;
  await files.row(name).click();
  await app.page.keyboard.press('Enter');
  await expect.poll(() => opened(app).length).toBe(before + 1);
  return opened(app).at(-1) ?? '';
}

test('a file here opens by its own path; a program is shown in the file manager, never opened', async ({ app, home }) => {
  const files = new FilesPage(app);
  await files.open();
  await stowage(home, ['vfolder', 'create', 'data']);
  for (const name of ['notes.txt', 'run.sh']) await writeFile(onDisk(app, 'data', name), '#!/bin/sh');
  // A first vfolder changes the screen, which takes the focus.
  await expect(files.treeItem('data')).toBeVisible();
  await files.goTo('data:/');
  expect(await openRow(app, files, 'notes.txt')).toBe(onDisk(app, 'data', 'notes.txt'));
  await files.row('run.sh').click({ button: 'right' });
  await app.page.getByRole('menuitem', { name: 'Open with default app' }).click();
  await expect(app.page.getByText('“run.sh” is a program', { exact: true })).toBeVisible();
  const shown = app.reports.filter(({ type }) => type === 'show-in-folder').map(({ path }) => path);
  expect(shown).toEqual([onDisk(app, 'data', 'run.sh')]);
  expect(opened(app)).toHaveLength(1);
});

test('a file of a host is edited, sent when it is saved, and asked about when somebody else changed it', async ({
  app,
  home,
  launch,
  shell,
}) => {
  await withAzure(async (cloud) => {
    await makeFar(home, cloud, ['notes.txt', 'plan.txt']);
    const files = new FilesPage(app);
    await files.open();
    const { page } = app;
    await expect(files.treeItem('far')).toBeVisible();
    await files.goTo('far:/');
    const notes = await openRow(app, files, 'notes.txt');
    expect(await readFile(notes, 'utf8')).toBe('first notes.txt');
    // As many editors save: beside it, then by a rename.
    await writeFile(`${notes}~`, 'edited');
    await rename(`${notes}~`, notes);
    await expect(page.getByText('Saved to far/notes.txt', { exact: true })).toBeVisible();
    expect(await far(home, 'notes.txt')).toBe('edited');
    await expect(page.getByRole('button', { name: '1 file being edited' })).toBeVisible();

    await put(home, 'notes.txt', 'of somebody else');
    await writeFile(notes, 'mine');
    const dialog = page.getByRole('alertdialog', { name: '“notes.txt” was changed by somebody else' });
    await expect(dialog).toBeVisible();
    await (await photographer(app, shell))('edit-conflict', ['light']);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await expect(files.row('notes (my changes).txt')).toBeVisible();
    expect([await far(home, 'notes.txt'), await far(home, 'notes (my changes).txt')]).toEqual(['of somebody else', 'mine']);

    // What was saved at the last moment is kept, and offered at the next start.
    const plan = await openRow(app, files, 'plan.txt');
    await writeFile(plan, 'at the last moment');
    await app.kill();
    const again = await launch();
    await expect(again.page.getByText('Changes of far/plan.txt were not sent', { exact: true })).toBeVisible();
    await again.page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(again.page.getByText('Saved to far/plan.txt', { exact: true })).toBeVisible();
    expect(await far(home, 'plan.txt')).toBe('at the last moment');
    await again.page.getByRole('button', { name: '1 file being edited' }).click();
    await again.page.getByRole('menuitem', { name: 'Stop editing plan.txt' }).click();
    await expect(again.page.getByRole('button', { name: /being edited/ })).toBeHidden();
  });
});
