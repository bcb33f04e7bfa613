import type { Page } from 'playwright/test';
import { expect, test } from '../fixtures/app.ts';
import { FilesPage } from '../pages/files-page.ts';

/** The page's own files that are read with it, and not when they are wanted. */
const readWithPage = (page: Page): Promise<string[]> =>
  page
    .locator('head link[href], head script[src]')
    .evaluateAll((all) => all.map((one) => (one as HTMLLinkElement).href || (one as HTMLScriptElement).src));

test('networks that come and go while parts of the program are read cost no click, and no reload', async ({ app }) => {
  const { page } = app;
  const files = new FilesPage(app);
  await expect(files.tree).toBeVisible();
  const whole = new Set(await readWithPage(page));
  expect(whole.size).toBeGreaterThan(3);
  const asked = new Map<string, number>();
  await page.route('**/assets/*.js', async (route) => {
    const url = route.request().url();
    asked.set(url, (asked.get(url) ?? 0) + 1);
    if (!whole.has(url) && asked.get(url) === 1) await route.abort('connectionfailed');
    else await route.continue();
  });
  await page.reload();
  let loads = 0;
  page.on('load', () => {
    loads += 1;
  });
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Folders that may be linked' })).toBeVisible();
  await page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('No job');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  const lost = [...asked].filter(([url]) => !whole.has(url));
  expect(lost.length).toBeGreaterThan(5);
  expect(lost.filter(([, times]) => times === 1)).toEqual([]);
  expect(loads).toBe(0);
});

test('a part of the program that cannot be loaded leaves no empty window: it is asked for again, and then said', async ({
  app,
}) => {
  const files = new FilesPage(app);
  await expect(files.tree).toBeVisible();
  let lost = true;
  await app.page.route('**/overlays-*.js', (route) => (lost ? route.abort() : route.continue()));
  await app.page.reload();
  await expect(app.page.getByRole('button', { name: 'Load the window again' })).toBeVisible();
  lost = false;
  await app.page.getByRole('button', { name: 'Load the window again' }).click();
  await expect(files.tree).toBeVisible();
});
