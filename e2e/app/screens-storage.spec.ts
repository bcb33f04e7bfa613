import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { type Azurite, withAzurite } from '../fixtures/azurite.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer, type Take } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';
import { HostsPage } from '../pages/hosts-page.ts';

const longName = 'station-nordhang.second-half-of-the-season.unfiltered.1280x800';

async function cli(home: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await stowage(home, args);
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
}

/** Real data: three hosts of which one does not answer, links of which one is broken, and a sync that waits for review. */
async function fill({ home, page }: RunningApp, folder: string, azurite: Azurite): Promise<void> {
  await azurite.service.createContainer('measurements');
  await cli(home, 'host', 'add', 'azure', 'Measurements', '--emulator', '--endpoint', azurite.endpoint);
  const archive = join(folder, 'volumes', 'archive of all the stations in the valley, since the beginning');
  await mkdir(join(archive, 'images'), { recursive: true });
  await mkdir(join(archive, 'moved'), { recursive: true });
  for (let at = 0; at < 60; at += 1) await writeFile(join(archive, 'images', `frame-${at}.png`), 'x'.repeat(at * 700));
  await cli(home, 'host', 'add', 'local', 'Archive of all the stations in the valley', archive, '--read-only');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('textbox', { name: 'Another folder that may be linked' }).fill(folder);
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  for (const name of ['train-images', 'labels', 'checkpoints']) await cli(home, 'vfolder', 'create', name, '--usage', 'data');
  await cli(home, 'vfolder', 'create', 'readings', 'Measurements');
  await cli(home, 'vfolder', 'link', longName, join(archive, 'images'));
  await cli(home, 'vfolder', 'link', 'season-2025', join(archive, 'moved'));
  await rename(join(archive, 'moved'), join(archive, 'elsewhere'));
  const old = join(home, 'vfolders', 'labels');
  for (const name of ['classes.csv', 'old classes.csv']) await writeFile(join(old, name), 'class,name\n');
  const fresh = join(folder, 'fresh');
  await mkdir(fresh);
  for (const name of [
    'classes.csv',
    'boxes.csv',
    'station Nordhang, the whole of the second half of the season, corrected by hand.csv',
  ])
    await writeFile(join(fresh, name), 'class,name,of\n');
}

const dialogOf = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });

async function takeHosts(app: RunningApp, take: Take): Promise<void> {
  const { page } = app;
  const hosts = new HostsPage(app);
  await hosts.open();
  await expect(hosts.card('Measurements')).toContainText('readings');
  await hosts.card('Measurements').getByRole('button', { name: 'Test', exact: true }).click();
  await expect(hosts.check(hosts.card('Measurements'), 'Listing')).toBeVisible();
  await take('hosts');
  for (const [kind, screen] of [
    ['Azure Blob', 'add-host-azure'],
    ['S3', 'add-host-s3'],
    ['Local folder', 'add-host-local'],
  ] as const) {
    await hosts.startAdding(kind);
    if (kind === 'Local folder') {
      await hosts.fill({ Folder: '/mnt/not there' });
      await hosts.addDialog.getByRole('button', { name: 'Test', exact: true }).click();
      await expect(hosts.check(hosts.addDialog, 'Reachable')).toBeVisible();
    }
    await take(screen);
    await hosts.addDialog.getByRole('button', { name: 'Cancel' }).click();
  }
  await hosts.card('Measurements').getByRole('button', { name: 'Edit Measurements' }).click();
  await take('edit-host');
  await dialogOf(page, /^Edit/).getByRole('button', { name: 'Cancel' }).click();
}

async function takeVfolders(app: RunningApp, take: Take): Promise<void> {
  const { page } = app;
  const files = new FilesPage(app);
  await files.treeItem('All vfolders').click();
  await expect(page.getByRole('table', { name: 'vfolders' })).toContainText('broken');
  await page.getByRole('button', { name: 'Group by host' }).click();
  await take('vfolders');
  await page.getByRole('button', { name: 'Link a folder' }).first().click();
  await dialogOf(page, 'Link a folder').getByRole('textbox', { name: 'Folder' }).fill('/etc/ssl');
  await dialogOf(page, 'Link a folder').getByRole('button', { name: 'Link', exact: true }).click();
  await expect(dialogOf(page, 'Link a folder').getByRole('alert')).toBeVisible();
  await take('link');
  await dialogOf(page, 'Link a folder').getByRole('button', { name: 'Cancel' }).click();
  await files.treeItem('season-2025').click();
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible();
  await take('broken-link');
}

async function takeSync(app: RunningApp, fresh: string, take: Take): Promise<void> {
  const { page } = app;
  const files = new FilesPage(app);
  await files.treeItem('labels').click();
  await expect(files.row('classes.csv')).toBeVisible();
  await page.getByRole('button', { name: 'Sync this folder with another place' }).click();
  const sync = dialogOf(page, /^Sync/);
  await sync.getByRole('radio', { name: 'From the other place to here' }).check();
  await sync.getByRole('radio', { name: 'On this machine' }).check();
  await sync.getByRole('textbox', { name: 'Folder of this machine' }).fill(fresh);
  await sync.getByRole('checkbox', { name: /^Delete/ }).check();
  await take('sync');
  await sync.getByRole('button', { name: 'Plan' }).click();
  const review = dialogOf(page, 'Review the sync');
  await expect(review.getByRole('button', { name: 'Approve' })).toBeEnabled();
  await expect(review.getByRole('list', { name: 'What will change' }).getByRole('listitem')).toHaveCount(4);
  await take('review');
  await review.getByRole('button', { name: 'Decide later' }).click();
  await expect(files.transfers).toContainText('To be reviewed');
  await take('transfers');
}

test('hosts, links and syncs, in light, dark and high contrast, at two sizes, with nothing serious for axe', async ({
  app,
  shell,
}) => {
  // Many pictures, each looked through by axe.
  test.setTimeout(600_000);
  await withAzurite((azurite) =>
    withFolder('storage', async (folder) => {
      await fill(app, folder, azurite);
      const take = await photographer(app, shell);
      await takeHosts(app, take);
      await takeVfolders(app, take);
      await takeSync(app, join(folder, 'fresh'), take);
    }),
  );
});
