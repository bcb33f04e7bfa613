import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { type Cloud, withAzure } from '../fixtures/cloud.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer, type Take } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

/** Real data: two remote folders that are cached, of which one is pinned, a local one, and a job whose changes were copied back. */
async function fill(home: string, folder: string, cloud: Cloud): Promise<void> {
  const cli = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await stowage(home, args);
    expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
  };
  await cloud.addHost(home);
  for (const name of ['station-readings', 'labels']) await cli('vfolder', 'create', name, 'cloud');
  await cli('vfolder', 'create', 'checkpoints');
  for (let at = 0; at < 12; at += 1) await writeFile(join(folder, `2026-${at}.csv`), Buffer.alloc(150_000, 'time,value\n'));
  await cli('vfolder', 'upload', 'station-readings', `${folder}/`);
  await cli('vfolder', 'upload', 'labels', join(folder, '2026-1.csv'));
  await cli('vfolder', 'upload', 'checkpoints', join(folder, '2026-2.csv'));
  const job = ['--name', 'correct-labels', '-m', 'labels', '-m', 'station-readings:/data:ro', '--link', '/input/readings=/data'];
  await cli('run', '--engine', 'docker', '--image', 'busybox:local', ...job, '--', 'cp', 'labels/2026-1.csv', 'labels/right.csv');
  await cli('cache', 'free', 'station-readings:/2026-5.csv');
  await cli('cache', 'pin', 'labels:/');
}

test('the planner, its cache and the plan of a job, in light and dark, at two sizes', async ({ app, shell }) => {
  test.slow();
  await withAzure(async (cloud) => {
    await withFolder('screens', (folder) => fill(app.home, folder, cloud));
    await takeAll(app.page, await photographer(app, shell));
  });
});

async function prepare(page: Page): Promise<LaunchPage> {
  await page.getByRole('button', { name: /^Transfers/ }).click();
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'python train.py --epochs 10', name: 'train-large' });
  await launch.addMount({ source: 'station-readings:/', mode: 'ro' });
  await launch.addMount({ source: 'checkpoints:/', mode: 'rw' });
  await launch.unfold('Symlinks');
  await page.getByRole('button', { name: 'Add several…' }).click();
  const lines = page.getByRole('textbox', { name: 'Lines of links' });
  await lines.fill('/input/train -> /home/work/station-readings\n/home/work/checkpoints -> /input/train');
  await page.getByRole('button', { name: 'Add 2 links' }).click();
  await expect(launch.container).toContainText('lies where');
  await expect(launch.approach(1)).toHaveText('copied');
  return launch;
}

async function takeAll(page: Page, take: Take): Promise<void> {
  const launch = await prepare(page);
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: /^Cache / }).click();
  await expect(page.getByRole('table', { name: 'Cached vfolders' })).toContainText('station-readings');
  await take('cache');

  await launch.open();
  await expect(launch.container).toContainText('lies where');
  await take('planner');
  await launch.approach(1).click();
  await expect(page.getByRole('menuitemradio')).toHaveCount(3);
  await take('planner-approaches');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await page.getByText('correct-labels', { exact: true }).first().dblclick();
  await new JobPage(page).openTab('Plan');
  await expect(page.getByRole('list', { name: 'Copied back' })).toContainText('Copied back to labels:/');
  await take('job-plan-copied');
}
