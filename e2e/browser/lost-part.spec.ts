import type { Page } from 'playwright/test';
import { expect, test } from '../fixtures/app.ts';
import { goTo } from '../fixtures/go-to.ts';
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
  // What the page still reads would be lost with the cache.
  const address = page.url();
  await page.goto('about:blank');
  const asked = new Map<string, number>();
  // Not by a route of the test runner, which would do without the browser's cache.
  const cdp = await page.context().newCDPSession(page);
  cdp.on('Fetch.requestPaused', ({ requestId, request: { url } }) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    const isLost = !whole.has(url) && asked.get(url) === 1;
    const answer = isLost
      ? cdp.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionFailed' })
      : cdp.send('Fetch.continueRequest', { requestId });
    // One that the page has given up meanwhile.
    answer.catch(() => {});
  });
  await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*/assets/*.js' }] });
  await cdp.send('Network.clearBrowserCache');
  await goTo(page, address);
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Folders that may be linked' })).toBeVisible();
  await page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('No job');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  const lost = [...asked].filter(([url]) => !whole.has(url));
  expect(lost.length).toBeGreaterThan(5);
  expect(lost.filter(([, times]) => times === 1)).toEqual([]);
  expect(await page.evaluate(() => sessionStorage.getItem('stowage.reloaded'))).toBeNull();
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

test('a core that is gone is waited for, and after a while the page says so', async ({ app }) => {
  const { page } = app;
  await expect(new FilesPage(app).tree).toBeVisible();
  process.kill(app.pid, 'SIGKILL');
  const notice = page.getByRole('status').filter({ hasText: 'Reconnecting…' });
  await expect(notice).toBeVisible();
  await expect(notice).toContainText('Is it still running?');
  const key = await app.restartHost();
  await page.getByRole('textbox', { name: 'Key' }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(notice).toBeHidden();
  await expect(new FilesPage(app).tree).toBeVisible();
});
