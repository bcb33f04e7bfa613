import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { stowage } from '../fixtures/process.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

/** A vfolder on this machine with two files in it. */
async function makeData(home: string, name: string): Promise<void> {
  await stowage(home, ['vfolder', 'create', name]);
  await withFolder('planner', async (folder) => {
    await writeFile(join(folder, 'a.csv'), 'time,value\n');
    await writeFile(join(folder, 'b.bin'), Buffer.alloc(300_000));
    await stowage(home, ['vfolder', 'upload', name, `${folder}/`]);
  });
}

async function openLaunch(page: Page): Promise<LaunchPage> {
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'ls -l' });
  return launch;
}

test('the approach of a mount is chosen by mouse and by keyboard, with its reason and its cost', async ({ app, home }) => {
  await makeData(home, 'data');
  const { page } = app;
  const launch = await openLaunch(page);
  await launch.addMount({ source: 'data:/', target: '/data', mode: 'ro' });
  const approach = launch.approach(1);
  await expect(approach).toHaveText('shared');
  await expect(launch.estimate).toContainText('nothing to copy · ready to run');

  await approach.click();
  const options = page.getByRole('menuitemradio');
  await expect(options).toHaveCount(3);
  await expect(options.first()).toContainText(/^ShareRecommended.*on this machine/);
  await expect(options.first()).toBeChecked();
  const copy = options.filter({ hasText: /^Copy/ });
  await expect(copy).toContainText(/moves 300 KB in 2 files · less than a second · 300 KB of disk/);
  await copy.click();
  await expect(approach).toHaveText('copied');
  await expect(launch.container).toContainText('copied');
  await expect(launch.estimate).toContainText(/ready in less than a second · copies 300 KB · .* disk left after/);

  // With the keyboard alone: a choice, one that cannot be chosen, and back to what is recommended.
  await launch.setMount(1, { mode: 'rw' });
  await approach.focus();
  await page.keyboard.press('Enter');
  const bake = options.filter({ hasText: /^Bake/ });
  await expect(bake).toContainText(/Not possible.*writable/);
  await page.keyboard.press('End');
  await expect(bake).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(bake).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(approach).toHaveText('copied');
  await expect(approach).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Back to what is recommended for mount 1: Share' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(approach).toHaveText('shared');
});

test('links are pasted, a conflict of one is shown in its row and in the tree and mended, and the script is copied', async ({
  app,
  home,
}) => {
  await makeData(home, 'data');
  const { page } = app;
  const launch = await openLaunch(page);
  await launch.addMount({ source: 'data:/', target: '/data', mode: 'ro' });
  await launch.unfold('Symlinks');
  await page.getByRole('button', { name: 'Add several…' }).click();
  const lines = page.getByRole('textbox', { name: 'Lines of links' });
  await lines.fill('ln -s /data/a.csv /home/work/input/a.csv\n/data -> /srv\nnonsense');
  await expect(page.getByRole('dialog')).toContainText('Not read as a link: “nonsense”');
  await lines.fill('ln -s /data/a.csv /home/work/input/a.csv\n/data -> /srv');
  await page.getByRole('button', { name: 'Add 2 links' }).click();

  const links = page.getByRole('list', { name: 'Symlinks' }).getByRole('listitem');
  await expect(links).toHaveCount(2);
  await expect(links.nth(0).getByRole('textbox', { name: 'Path of link 1' })).toHaveValue('/home/work/input/a.csv');
  await expect(links.nth(1)).toContainText('where “data:/” is mounted');
  await expect(launch.container).toContainText('where “data:/” is mounted');
  await expect(launch.run).toBeDisabled();
  await links.nth(1).getByRole('button').filter({ hasText: '/' }).first().click();
  await expect(launch.run).toBeEnabled();
  await expect(links.nth(1)).not.toContainText('mounted');
  await expect(page.getByRole('textbox', { name: 'Path of link 2' })).not.toHaveValue('/data');
  await expect(launch.container).toContainText('→ /data/a.csv');

  await page.getByRole('button', { name: 'Remove link 2' }).click();
  await expect(links).toHaveCount(1);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Show as script' }).click();
  const script = '#!/bin/sh\nset -e\nmkdir -p /home/work/input && ln -s /data/a.csv /home/work/input/a.csv\n';
  await expect(page.getByRole('region', { name: 'Script' })).toContainText('ln -s /data/a.csv /home/work/input/a.csv');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(script);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as run.sh' }).click();
  expect((await saved).suggestedFilename()).toBe('run.sh');
});

test('a folder is dropped onto a place of the container, also from Files over the rail', async ({ app, home }) => {
  for (const name of ['data', 'models']) await stowage(home, ['vfolder', 'create', name]);
  await withFolder('planner', async (folder) => {
    await mkdir(join(folder, 'train'));
    await writeFile(join(folder, 'train', 'x'), 'x');
    await stowage(home, ['vfolder', 'upload', 'data', `${folder}/`]);
  });
  const { page } = app;
  const launch = await openLaunch(page);
  await launch.addMount({ source: 'data:/', target: '/srv/data' });
  const models = page.getByRole('region', { name: 'Vfolders to mount' }).getByRole('listitem').filter({ hasText: 'models' });
  await models.dragTo(launch.container.getByText('/', { exact: true }).first());
  await expect(page.getByRole('textbox', { name: 'Target of mount 2' })).toHaveValue('/models');
  await page.getByRole('button', { name: 'Folders in data' }).click();
  await page.getByRole('button', { name: 'Mount train' }).click();
  await expect(page.getByRole('combobox', { name: 'Source of mount 3' })).toHaveValue('data:/train');
  await page.getByRole('button', { name: 'Remove mount 3' }).click();

  await page.getByRole('button', { name: 'Files', exact: true }).click();
  await page.getByRole('treeitem', { name: 'data' }).click();
  const row = page.getByRole('row').filter({ hasText: 'train' });
  const { x, y } = (await row.boundingBox()) ?? { x: 0, y: 0 };
  await page.mouse.move(x + 60, y + 12);
  await page.mouse.down();
  const rail = (await page.getByRole('button', { name: 'Launch', exact: true }).boundingBox()) ?? { x: 0, y: 0 };
  await page.mouse.move(rail.x + 20, rail.y + 20, { steps: 4 });
  await page.mouse.move(rail.x + 24, rail.y + 22);
  const place = launch.container.getByText('working directory');
  await expect(place).toBeVisible();
  const at = (await place.boundingBox()) ?? { x: 0, y: 0 };
  await page.mouse.move(at.x + 10, at.y + 6, { steps: 4 });
  // A first move enters a place, a second one is over it.
  await page.mouse.move(at.x + 12, at.y + 7);
  await expect(launch.container).toContainText('Mount it in /home/work');
  await page.mouse.up();
  await expect(page.getByRole('combobox', { name: 'Source of mount 3' })).toHaveValue('data:/train');
  await expect(page.getByRole('textbox', { name: 'Target of mount 3' })).toHaveValue('/home/work/train');
});

test('a folder of a remote host is copied, as the bar said before, and what the job changed is copied back', async ({
  app,
  home,
}) => {
  await withAzure(async (cloud) => {
    await cloud.addHost(home);
    await stowage(home, ['vfolder', 'create', 'far', 'cloud']);
    await withFolder('planner', async (folder) => {
      for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), Buffer.alloc(400_000));
      await stowage(home, ['vfolder', 'upload', 'far', `${folder}/`]);
    });
    const { page } = app;
    const launch = await openLaunch(page);
    await launch.addMount({ source: 'far:/', mode: 'ro' });
    await expect(launch.approach(1)).toHaveText('copied');
    await expect(launch.estimate).toContainText(/copies 1\.20 MB · .* disk left after/);
    await launch.approach(1).click();
    await expect(page.getByRole('menuitemradio').first()).toContainText(/^CopyRecommended/);
    await page.keyboard.press('Escape');

    await launch.setMount(1, { mode: 'rw' });
    await launch.fill({ command: 'cp far/a far/d' });
    await expect(launch.run).toBeEnabled();
    await launch.run.click();
    const job = new JobPage(page);
    await job.openTab('Plan');
    await job.expectState('Succeeded');
    await expect(page.getByRole('list', { name: 'Copied back' })).toContainText('Copied back to far:/: 1 file, 400 KB');
    const steps = page.getByRole('list', { name: 'Steps before the start' }).getByRole('listitem');
    await expect(steps.filter({ hasText: 'Copy far:/' }).getByRole('img', { name: 'Done' })).toBeVisible();
    expect((await stowage(home, ['ls', 'far:/'])).stdout).toContain('d');
  });
});

test('a folder is baked into the image, which is listed and removed in Settings', async ({ app, home }) => {
  await makeData(home, 'data');
  const { page } = app;
  const launch = await openLaunch(page);
  await launch.fill({ command: 'ls data' });
  await launch.addMount({ source: 'data:/', mode: 'ro' });
  await launch.approach(1).click();
  await page.getByRole('menuitemradio').filter({ hasText: /^Bake/ }).click();
  await expect(launch.approach(1)).toHaveText('baked');
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(job.log).toContainText('b.bin');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const images = page.getByRole('table', { name: 'Baked images' });
  await expect(images).toContainText(/data:\/at \/home\/work\/data in busybox:local/);
  await images.getByRole('button', { name: 'Remove the image of data:/' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('the folder itself stays as it is');
  await page.getByRole('button', { name: 'Remove the image', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Baked images' })).toContainText('None.');
  expect((await stowage(home, ['ls', 'data:/'])).stdout).toContain('b.bin');
});

test('a job that would write where another one writes is run after a click only', async ({ app, home }) => {
  await makeData(home, 'data');
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('process');
  await launch.fill({ command: 'true' });
  await launch.addMount({ source: 'data:/', mode: 'rw' });
  await expect(launch.estimate).toContainText('ready to run');
  await stowage(home, ['run', '-d', '--engine', 'process', '-m', 'data', '--', 'sleep', '60']);
  await expect(launch.estimate).toContainText('1 warning');
  await launch.run.click();
  const question = page.getByRole('alertdialog', { name: 'Run although another job writes there?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(launch.run).toBeEnabled();
  await page.keyboard.press('ControlOrMeta+Enter');
  await question.getByRole('button', { name: 'Run anyway' }).click();
  await new JobPage(page).expectState('Succeeded');
  expect((await stowage(home, ['job', 'stop', '1'])).code).toBe(0);
});
