import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright/test';
import { test as base, expect, withFolder } from '../fixtures/app.ts';
import { overSsh, overTls, silence, withContexts } from '../fixtures/engines.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer, type Take } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

const test = base.extend<{ second: Awaited<ReturnType<typeof overTls>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants a pattern here
  second: async ({}, use) => use(await overTls()),
  environment: async ({ second }, use) => {
    const [lab, silent] = await Promise.all([overSsh(), silence()]);
    await withContexts({ 'gpu-box': second, lab, silent }, use);
  },
});

const engine = (page: Page, name: string): Locator => page.getByRole('radio', { name });

async function photograph(page: Page, take: Take, launch: LaunchPage): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Engines' })).toBeVisible();
  await page.getByRole('heading', { name: 'Engines' }).scrollIntoViewIfNeeded();
  await take('engines');
  await launch.open();
  await expect(launch.estimate).toContainText('ready');
  await take('launch-engines');
}

test('a job runs on an engine of a Docker context over TLS: its data is sent, and what it wrote comes back', async ({
  app,
  home,
  shell,
  second,
}) => {
  const { page } = app;
  await withFolder('engines', async (folder) => {
    await mkdir(join(folder, 'readings'));
    await writeFile(join(folder, 'readings', 'a.txt'), 'sent over\n');
    await stowage(home, ['vfolder', 'create', 'data']);
    await stowage(home, ['vfolder', 'upload', 'data', './readings'], { cwd: folder });
  });

  await page.getByRole('button', { name: /^Transfers/ }).click();
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const settings = page.getByRole('main');
  await expect(settings).toContainText(`is running at tcp://${second.host}:2376.`);
  await expect(settings).toContainText(/is running at ssh:\/\/127\.0\.0\.1:\d+\./);
  await expect(settings).toContainText('Docker (silent)');

  const launch = new LaunchPage(page);
  await launch.open();
  await expect(engine(page, 'Docker (lab)')).toBeVisible();
  await engine(page, 'Docker (gpu-box)').check();
  await launch.fill({ image: 'busybox:local', command: 'cp data/readings/a.txt out/came.txt', name: 'far' });
  await launch.addMount({ source: 'data:/', mode: 'ro' });
  await expect(launch.approach(1)).toHaveText('copied');
  if (shell === 'browser') await photograph(page, await photographer(app, shell), launch);

  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(page.getByRole('main')).toContainText('busybox:local · Docker (gpu-box)');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('came.txt');
  await expect.poll(() => second.containers()).toBe(0);
});
