import { expect, test } from '../fixtures/app.ts';
import { LaunchPage } from '../pages/launch-page.ts';

/** A user who is not in the group of the engine's socket. */
test.use({ user: 65534 });

test('an engine that this user may not use is said so, with what to do, and the work can go on without it', async ({ app }) => {
  const { page } = app;
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const engines = page.getByRole('region', { name: 'Engines' });
  await expect(engines).toContainText('you are not allowed to use it');
  await expect(engines).toContainText('group');
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('process');
  await launch.fill({ command: 'id -u' });
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  await expect(page.getByRole('log')).toContainText('65534');
});
