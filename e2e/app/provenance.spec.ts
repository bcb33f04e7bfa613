import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { run, stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';

const docker = ['--engine', 'docker', '--image', 'busybox:local'];

async function openJob(page: Page, name: string): Promise<JobPage> {
  await page.getByRole('button', { name: /^Jobs/ }).click();
  await page
    .getByRole('row')
    .filter({ has: page.getByRole('cell', { name, exact: true }) })
    .click();
  return new JobPage(page);
}

/** A data set, and code in a Git working copy with a change that is not committed; a job that trained on both. */
async function prepare(home: string, folder: string): Promise<void> {
  const code = join(folder, 'code');
  await mkdir(code);
  await stowage(home, ['vfolder', 'create', 'readings']);
  const set = onDisk({ home }, 'readings');
  await mkdir(join(set, 'train'));
  for (const at of [1, 2, 3, 4]) await writeFile(join(set, 'train', `part-${at}.csv`), `x,y\n${at},${at * at}\n`.repeat(300));
  await writeFile(join(set, 'labels.csv'), 'y\n1\n');
  await writeFile(join(code, 'train.sh'), 'cat /data/train/*.csv | wc -l > /home/work/out/lines\n');
  const git = (...args: string[]) => run('git', ['-C', code, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-q', '-m', 'Train');
  await writeFile(join(code, 'train.sh'), 'cat /data/train/*.csv | wc -l > /home/work/out/lines\necho trained\n');
  const train = ['--name', 'train', '-m', 'readings:/data:ro', '--code', code, '--', 'sh', 'train.sh'];
  expect((await stowage(home, ['run', ...docker, ...train])).stderr).toContain('succeeded');
}

test('a job shows what it got and what changed since; the same inputs are verified; two jobs are compared', async ({
  app,
  home,
  shell,
}) => {
  test.slow();
  await withFolder('provenance', async (folder) => {
    const { page } = app;
    await prepare(home, folder);
    const job = await openJob(page, 'train');
    await job.openTab('Inputs');
    const data = job.inputs().getByRole('row').filter({ hasText: 'readings:/' });
    await expect(data).toContainText('by content');
    await expect(data).toContainText('5');
    await expect(job.inputs()).toContainText(/Git: [0-9a-f]{10} on main, 1 file modified/);
    await expect(page.getByRole('region', { name: 'Image' })).toContainText('busybox:local');
    await page.getByRole('button', { name: 'What changed since' }).click();
    await expect(job.inputs().getByText('Nothing changed.')).toHaveCount(2);

    await page.getByRole('button', { name: 'Ways to run it again' }).click();
    await page.getByRole('menuitem', { name: 'With the same inputs' }).click();
    await expect(page.getByRole('heading', { name: 'train-2' })).toBeVisible();
    await job.expectState('Succeeded');

    await writeFile(onDisk({ home }, 'readings', 'train/part-5.csv'), 'x,y\n5,25\n');
    await rm(onDisk({ home }, 'readings', 'labels.csv'));
    await page.getByRole('button', { name: 'Ways to run it again' }).click();
    await page.getByRole('menuitem', { name: 'With the same inputs' }).click();
    await expect(
      page.getByText(/cannot be run again with the same inputs: readings:\/: 1 file added, 1 removed/).last(),
    ).toBeVisible();
    await page.getByRole('button', { name: 'Rerun', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'train-3' })).toBeVisible();
    await job.expectState('Succeeded');
    await page.getByRole('button', { name: 'Compare…' }).click();
    const choose = page.getByRole('dialog', { name: /^Compare/ });
    await choose.getByRole('textbox', { name: 'Filter the jobs' }).fill('train');
    await choose.getByRole('button', { name: /train\b.*job 1\b/ }).click();
    const differences = page.getByRole('table', { name: 'Differences', exact: true });
    await expect(differences.getByRole('row', { name: /^\/data/ })).toContainText('5 files');
    await page.getByRole('switch', { name: /^Only what differs/ }).uncheck();
    await expect(differences.getByRole('row', { name: /^Command/ })).toContainText('sh train.sh');
    await expect(page.getByRole('table', { name: 'Differences at /data' })).toContainText('train/part-5.csv');
    await expect(page.getByRole('table', { name: 'Differences of the outputs' })).toContainText('lines');

    await page.getByRole('button', { name: 'Close', exact: true }).click();
    const take = await photographer(app, shell);
    const first = await openJob(page, 'train');
    await first.openTab('Inputs');
    await page.getByRole('button', { name: 'What changed since' }).click();
    await expect(page.getByRole('table', { name: 'Changes in readings:/' })).toContainText('labels.csv');
    await take('job-inputs');
    await page.getByRole('button', { name: 'Compare…' }).click();
    await choose.getByRole('button', { name: /train-3/ }).click();
    await expect(differences).toContainText('Made ready in');
    await take('jobs-compared');
  });
});
