import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright/test';
import { expect, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';

const run = (home: string, name: string, script: string) =>
  stowage(home, ['run', '-d', '--engine', 'process', '--name', name, '--', 'sh', '-c', script]);

/** Copies the one job that there is, as if the same had been run again and again. */
function fillWithPastJobs(home: string, count: number): void {
  const database = new DatabaseSync(join(home, 'stowage.db'));
  database.exec(`
    CREATE TEMP TABLE numbers AS
      WITH RECURSIVE n(n) AS (VALUES(2) UNION ALL SELECT n + 1 FROM n WHERE n < ${count}) SELECT n FROM n;
    BEGIN;
    INSERT INTO jobs (id, name, state, engine, image, command, spec, plan, times, exit_code, created_at, started_at, ended_at, log_bytes)
      SELECT n, 'sweep-' || n, iif(n % 7 = 0, 'failed', 'succeeded'), engine, image, command, spec, plan, times, iif(n % 7 = 0, 3, 0),
        created_at, started_at, ended_at, log_bytes
      FROM numbers JOIN jobs ON id = 1;
    INSERT INTO job_search (job_id, text) SELECT n, 'sweep-' || n || char(10) || 'this machine' || char(10) || 'true' FROM numbers;
    COMMIT;
  `);
  database.close();
}

/** Milliseconds from the click until a row of the table is drawn. */
const timeToOpen = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const button = [...document.querySelectorAll('nav button')].find((each) => each.textContent?.startsWith('Jobs'));
    const begun = performance.now();
    (button as HTMLButtonElement).click();
    while (!document.querySelector('[role="row"][data-index]')) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
  });

test('with 10,000 past jobs the table opens at once, and is filtered over all of them as one types', async ({ home, launch }) => {
  await stowage(home, ['run', '--engine', 'process', '--name', 'first', '--', 'true']);
  fillWithPastJobs(home, 10_000);
  const { page } = await launch();
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await page.getByRole('button', { name: 'Files', exact: true }).click();
    await expect(page.getByRole('table', { name: 'Jobs' })).toBeHidden();
    times.push(await timeToOpen(page));
  }
  console.log(`jobs table of 10,000 opened in ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  expect(Math.min(...times)).toBeLessThan(200);
  const count = page.getByRole('status').filter({ hasText: 'jobs' });
  await expect(count).toHaveText('10,000 jobs');
  const table = page.getByRole('table', { name: 'Jobs' });
  await expect(table.getByRole('row').nth(1)).toContainText('sweep-10000');

  const filter = page.getByRole('textbox', { name: 'Filter jobs' });
  await filter.fill('failed sweep-77');
  // 77, 770, 777, 7700 and every seventh from there to 7798.
  await expect(count).toHaveText('18 of 10,000 jobs');
  await expect(table.getByRole('row').last()).toContainText('sweep-77');
  await filter.fill('');
  await expect(count).toHaveText('10,000 jobs');
  await table.getByRole('row').nth(1).focus();
  await page.keyboard.press('End');
  await expect(table.getByRole('row').last()).toContainText('first');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'first' })).toBeVisible();
});

test('the end of a job is told in the window, by the system while one is elsewhere, and not where Settings say so', async ({
  app,
  home,
  shell,
}) => {
  const { page } = app;
  const take = await photographer(app, shell);
  await run(home, 'good', 'true');
  await expect(page.getByText('good: succeeded', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('heading', { name: 'good' })).toBeVisible();

  await page.evaluate(() => {
    const shown: string[] = [];
    class Told {
      static readonly permission = 'granted';
      onclick: (() => void) | null = null;
      constructor(title: string, { body }: { body: string }) {
        shown.push(`${title}|${body}`);
        Object.assign(window, { shown, lastTold: this });
      }
      close(): void {}
    }
    Object.assign(window, { Notification: Told, shown });
    document.hasFocus = () => false;
  });
  const shown = (): Promise<string[]> => page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  await run(home, 'bad', 'exit 3');
  await expect.poll(shown).toEqual(['bad: failed|The command ended with exit code 3.']);
  await page.evaluate(() => (window as unknown as { lastTold: { onclick(): void } }).lastTold.onclick());
  await expect(page.getByRole('heading', { name: 'bad' })).toBeVisible();

  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('radio', { name: 'Only when it did not succeed' }).check();
  await run(home, 'good again', 'true');
  await run(home, 'bad again', 'exit 4');
  await expect
    .poll(shown)
    .toEqual(['bad: failed|The command ended with exit code 3.', 'bad again: failed|The command ended with exit code 4.']);
  await take('settings-jobs', ['light']);
});

test('Settings say how many jobs run at once, and which GPUs they may use', async ({ app, home }) => {
  const { page } = app;
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const section = page.getByRole('region', { name: 'Jobs' });
  const limit = section.getByRole('textbox', { name: 'Jobs at once' });
  await expect(limit).toHaveValue('4');
  await limit.fill('0');
  await expect(section.getByRole('alert')).toContainText('from 1 to 64');
  await limit.fill('1');
  await limit.press('Enter');
  const gpus = section.getByRole('textbox', { name: 'GPUs for jobs' });
  await gpus.fill('0, 2');
  await gpus.press('Enter');
  await page.reload();
  await expect(limit).toHaveValue('1');
  await expect(gpus).toHaveValue('0, 2');

  await run(home, 'one', 'while [ ! -e out/go ]; do sleep 0.05; done');
  await run(home, 'two', 'true');
  await page.getByRole('button', { name: /^Jobs/ }).click();
  const rows = page.getByRole('table', { name: 'Jobs' }).getByRole('row');
  await expect(rows.filter({ hasText: 'two' })).toContainText('Waiting: one job runs at a time');
  await rows.filter({ hasText: 'one' }).last().click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Back to all jobs' }).click();
  await expect(rows.filter({ hasText: 'two' })).toContainText('Succeeded');
});

test('a search goes on through a log of which only the end is here, and back', async ({ app, home }) => {
  const { page } = app;
  const script =
    'awk "BEGIN { for (i = 1; i <= 60000; i++) print (i == 700 || i == 900 ? \\"a rare needle\\" : \\"a line of the flood\\"), i }"';
  await run(home, 'long', script);
  await page.getByRole('button', { name: /^Jobs/ }).click();
  await page.getByRole('row').filter({ hasText: 'long' }).click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(job.log).toContainText('flood 60000');
  const search = page.getByRole('searchbox', { name: 'Search the log' });
  await search.fill('NEEDLE');
  const count = page.getByRole('toolbar', { name: 'Log' }).getByRole('status');
  await expect(count).toHaveText('None here');
  await search.press('Shift+Enter');
  await expect(job.log).toContainText('a rare needle 900');
  await expect(count).toHaveText('2 of 2 here');
  await search.press('Shift+Enter');
  await expect(count).toHaveText('1 of 2 here');
  await expect(job.log.locator('mark')).not.toHaveCount(0);
});

test('each step before the start has a line, and the one that the job is at says how far it is', async ({ app, home, shell }) => {
  const { page } = app;
  const take = await photographer(app, shell);
  // A registry that takes every call and says nothing.
  const registry = createServer(() => {}).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  try {
    const image = `127.0.0.1:${(registry.address() as AddressInfo).port}/slow/image:1`;
    await stowage(home, ['vfolder', 'create', 'data']);
    const options = ['--engine', 'docker', '--image', image, '--name', 'fetching', '-m', 'data:/data:ro,copy'];
    expect(await stowage(home, ['run', '-d', ...options, '--', 'true'])).toMatchObject({ code: 0 });
    await page.getByRole('button', { name: /^Jobs/ }).click();
    await page.getByRole('row').filter({ hasText: 'fetching' }).click();
    const steps = page.getByRole('region', { name: 'Preparation' }).getByRole('listitem');
    const fetching = steps.filter({ hasText: 'Fetch the image' });
    await expect(fetching).toHaveAttribute('aria-current', 'step');
    await expect(fetching.getByRole('progressbar', { name: 'Fetch the image' })).toBeVisible();
    await expect(fetching).toContainText(`Pulling ${image}`);
    await expect(steps.filter({ hasText: 'Copy data' }).getByLabel('Done')).toBeVisible();
    await expect(steps.last()).toContainText('Create and start the container');
    await take('job-preparing');
    await page.getByRole('button', { name: 'Stop' }).click();
    await new JobPage(page).expectState('Stopped');
  } finally {
    registry.close();
  }
});
