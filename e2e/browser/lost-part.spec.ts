import { expect, test } from '../fixtures/app.ts';
import { FilesPage } from '../pages/files-page.ts';

test('a part of the program that cannot be loaded leaves no empty window: it is asked for again, and then said', async ({
  app,
}) => {
  const files = new FilesPage(app);
  await expect(files.tree).toBeVisible();
  let left = 1;
  await app.page.route('**/overlays-*.js', (route) => (left-- > 0 ? route.abort() : route.continue()));
  await app.page.reload();
  await expect(files.tree).toBeVisible();
  await expect.poll(() => left).toBeLessThan(0);
  left = Number.POSITIVE_INFINITY;
  await app.page.reload();
  await expect(app.page.getByRole('button', { name: 'Load the window again' })).toBeVisible();
  left = 0;
  await app.page.getByRole('button', { name: 'Load the window again' }).click();
  await expect(files.tree).toBeVisible();
});
