import { expect, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

test('names that break the rules are refused while they are typed', async ({ app }) => {
  const files = new FilesPage(app);
  await app.page.getByRole('button', { name: 'New vfolder' }).first().click();
  const dialog = app.page.getByRole('dialog', { name: 'New vfolder' });
  const create = dialog.getByRole('button', { name: /^Create/ });
  for (const [name, says] of [
    ['a/b', /“\/” is not allowed/],
    ['con', /reserved/],
    ['x'.repeat(65), /65 characters, 64 are allowed/],
    ['zürich', /“ü” is not allowed/],
  ] as const) {
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await expect(dialog).toContainText(says);
    await expect(create).toBeDisabled();
  }
  await dialog.getByRole('textbox', { name: 'Name' }).fill('data');
  await create.click();
  await expect(files.treeItem('data')).toBeVisible();
});

test('conflicts are shown in place before anything runs, and their fixes work', async ({ app, home }) => {
  for (const name of ['data', 'more']) await stowage(home, ['vfolder', 'create', name]);
  const launch = new LaunchPage(app.page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'true' });

  await launch.addMount({ source: 'data', target: '/etc' });
  await expect(launch.container).toContainText('/etc');
  await expect(launch.run).toBeDisabled();
  await expect(app.page.getByRole('main')).toContainText(/system|hide/i);

  await launch.setMount(1, { target: '/mnt/x' });
  await expect(launch.run).toBeEnabled();
  await launch.addMount({ source: 'more', target: '/mnt/y/../x/' });
  await expect(launch.run).toBeDisabled();
  await expect(launch.container).toContainText(/data.*more|more.*data/s);
  await launch.container
    .getByRole('button', { name: /mount|move|use|put/i })
    .first()
    .click();
  await expect(launch.run).toBeEnabled();

  await launch.setMount(2, { source: 'gone' });
  await expect(launch.run).toBeDisabled();
  await expect(app.page.getByRole('main')).toContainText('gone');
});

test('a command that is not in the image fails with that cause, and the job stays readable', async ({ app }) => {
  const launch = new LaunchPage(app.page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'frobnicate --now' });
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  const job = new JobPage(app.page);
  await job.expectState('Failed');
  await expect(app.page.getByRole('main')).toContainText(/“frobnicate” was not found/);
  await app.page.getByRole('button', { name: 'Clone and edit' }).click();
  await expect(app.page.getByRole('textbox', { name: 'Command' })).toHaveValue('frobnicate --now');
});
