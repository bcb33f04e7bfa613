import { mkdir, rm } from 'node:fs/promises';
import { expect, test } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';

test('folders are starred, put in order, followed when renamed, found by the palette and kept', async ({
  app,
  launch,
  shell,
}) => {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  await stowage(app.home, ['vfolder', 'create', 'models']);
  for (const name of ['train', 'train/day', 'old']) await mkdir(onDisk(app, 'data', name));
  const files = new FilesPage(app);
  await files.open();
  const { page } = app;
  // The vfolder itself stands below, with the same name.
  const star = (name: string) => files.tree.locator(`[role=treeitem]:has([data-label]:text-is("${name}"))`).first();
  const starred = () => files.tree.locator('[role=treeitem][data-reorder] [data-label]').allTextContents();

  // By key, by the star in the address bar, by menu, and by key in the tree.
  await files.goTo('data:/train/day');
  const button = page.getByRole('button', { name: 'Favourite: day' });
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Control+d');
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await files.goTo('data:/');
  await files.row('old').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Add to the favourites' }).click();
  await page.getByRole('button', { name: 'Favourite: data' }).click();
  await files.treeItem('models').focus();
  await page.keyboard.press('Control+d');
  expect(await starred()).toEqual(['day', 'old', 'data', 'models']);

  // Order: keys and drag.
  await star('models').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(starred).toEqual(['day', 'old', 'models', 'data']);
  await star('data').dragTo(star('day'));
  await expect.poll(starred).toEqual(['data', 'day', 'old', 'models']);

  // Renames are followed: of a folder above, and of a vfolder by another shell. What is gone says so.
  await files.row('train').click();
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'New name of train' }).fill('week');
  await page.keyboard.press('Enter');
  await expect(files.row('week')).toBeVisible();
  await stowage(app.home, ['vfolder', 'rename', 'data', 'renamed']);
  await expect.poll(starred).toEqual(['renamed', 'day', 'old', 'models']);
  await star('day').click();
  await expect(page.getByRole('navigation', { name: 'Path' })).toHaveText(/renamedweekday/);
  await rm(onDisk(app, 'data', 'old'), { recursive: true, force: true });
  await rm(onDisk(app, 'renamed', 'old'), { recursive: true, force: true });
  await page.reload();
  const remove = page.getByRole('button', { name: 'Remove old from the favourites' });
  await expect(remove).toBeVisible();
  await (await photographer(app, shell))('favourites', ['light']);
  await remove.click();
  await expect.poll(starred).toEqual(['renamed', 'day', 'models']);

  // Found by name on any screen, and there again at the next start.
  await page.keyboard.press('Control+3');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Command/ }).fill('day favourite');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('navigation', { name: 'Path' })).toHaveText(/renamedweekday/);
  await app.quit();
  const again = new FilesPage(await launch());
  await expect(again.tree.locator('[role=treeitem][data-reorder]')).toHaveCount(3);
});
