import type { Page } from 'playwright/test';
import { connectToCore } from '../../electron/rpc/connect.ts';
import { expect, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';

const image = ['--engine', 'docker', '--image', 'busybox:local'];

async function runJob(home: string, name: string, script: string, options: readonly string[] = image): Promise<void> {
  const { code, stderr } = await stowage(home, ['run', '-d', ...options, '--name', name, '--', 'sh', '-c', script]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

/** Works now and then, and sends and keeps a little. */
const busy =
  'x=abcdefgh; i=0; while :; do x=$x$x; i=$((i+1)); [ $((i%20)) = 0 ] && x=abcdefgh; nc -w 1 127.0.0.1 9 < /dev/null; [ $((i%3)) = 0 ] && sleep 0.3; done';

async function openJob(page: Page, name: string): Promise<JobPage> {
  await page.getByRole('button', { name: /^Jobs/ }).click();
  await page.getByRole('row').filter({ hasText: name }).first().click();
  await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  return new JobPage(page);
}

test('metrics grow while the job runs, and are there after its end and after a restart', async ({ app, launch, home }) => {
  const script =
    'x=abcdefgh; i=0; while [ $i -lt 13 ]; do x=$x$x$x; i=$((i+1)); done; ' +
    'while [ ! -e /home/work/out/stop ]; do head -c 3000000 /dev/zero > /home/work/out/f; done';
  await runJob(home, 'measured', script, [...image, '--memory', '64m', '--cpus', '1']);
  const job = await openJob(app.page, 'measured');
  await job.openTab('Metrics');
  const charts = app.page.getByRole('img', { name: /over \d/ });
  await expect(charts).toHaveCount(4);
  const memory = app.page.getByRole('img', { name: /^Memory over .*at most \d[\d.]+ MB/ });
  await expect(memory).toBeVisible();
  const facts = app.page.getByLabel('In all');
  await expect(facts).toContainText(/CPU time\d/);
  // It grows by itself.
  const before = await memory.getAttribute('aria-label');
  await expect(memory).not.toHaveAttribute('aria-label', before ?? '');
  const drawn = await app.page
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.some((value) => value !== 0);
    });
  expect(drawn).toBe(true);
  await app.page.getByRole('button', { name: 'Stop' }).click();
  await job.expectState('Stopped');
  await expect(charts).toHaveCount(4);
  const kept = await facts.textContent();
  await app.quit();

  const again = await launch();
  await again.page.getByRole('button', { name: /^Jobs/ }).click();
  await expect(again.page.getByRole('img', { name: /^CPU of measured: last / })).toBeVisible();
  await expect(again.page.getByRole('img', { name: /^Memory of measured: last .*B, at most .*B$/ })).toBeVisible();
  const same = await openJob(again.page, 'measured');
  await same.openTab('Metrics');
  await expect(again.page.getByLabel('In all')).toHaveText(kept ?? '');
  await again.page.getByRole('button', { name: 'Remove' }).click();
  await again.page.getByRole('button', { name: 'Remove the job' }).click();
  await expect(again.page.getByText('No jobs yet')).toBeVisible();
});

test('a shell in a running job: typed into, resized, flooded, left and found again, ended with the job', async ({
  app,
  home,
  shell,
}) => {
  test.slow();
  const { page } = app;
  await runJob(home, 'inside', busy, [...image, '--memory', '64m']);
  const job = await openJob(page, 'inside');
  await job.expectState('Running');
  await job.openTab('Shell');
  const bar = page.getByRole('toolbar', { name: 'Shell' });
  await expect(bar.getByRole('status')).toHaveText('Shell in busybox:local');
  const rows = page.locator('.xterm-rows');
  await expect(rows).toContainText(/[#$] /);
  await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
  await page.keyboard.type('echo sum-$((40+2)); stty size');
  await page.keyboard.press('Enter');
  await expect(rows).toContainText('sum-42');
  const size = /(\d+) (\d+)/.exec(
    (await rows
      .getByText(/^\d+ \d+/)
      .first()
      .textContent()) ?? '',
  );
  expect(Number(size?.[1])).toBeGreaterThan(10);
  expect(Number(size?.[2])).toBeGreaterThan(80);

  // Colours of any kind keep to the page's policy.
  await page.keyboard.type("printf '\\033[38;2;200;30;60mred\\033[0m \\033[32mgreen\\033[0m\\n'");
  await page.keyboard.press('Enter');
  await expect(rows.locator('span', { hasText: /^red$/ })).toHaveCSS('color', 'rgb(200, 30, 60)');

  await page.setViewportSize({ width: 1680, height: 1050 });
  await page.keyboard.type('while read x; do stty size; done');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => {
      await page.keyboard.press('Enter');
      const told = await rows.getByText(/^\d+ \d+/).allTextContents();
      return Math.max(...told.map((row) => Number(row.split(' ')[1])));
    })
    .toBeGreaterThan(Number(size?.[2]) + 20);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.keyboard.press('Control+c');

  // A flood keeps the page answering, and is ended by a key.
  await page.keyboard.type('yes flooded');
  await page.keyboard.press('Enter');
  // Not the command as it was typed: a key that comes before the program ends nothing.
  await expect(rows).toContainText('floodedflooded');
  await page.keyboard.press('Control+c');
  await page.keyboard.type('clear; echo after-$((1+1))-flood');
  await page.keyboard.press('Enter');
  await expect(rows).toContainText('after-2-flood');

  // The keyboard can leave it; other tabs and screens leave it alone.
  await page.keyboard.press('F6');
  await expect(bar.getByRole('button', { name: 'Close' })).toBeFocused();
  await job.openTab('Plan');
  await page.getByRole('button', { name: 'Files', exact: true }).click();
  await openJob(page, 'inside');
  await job.openTab('Shell');
  await expect(rows).toContainText('after-2-flood');
  await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
  await page.keyboard.type('echo still-$((2+3))');
  await page.keyboard.press('Enter');
  await expect(rows).toContainText('still-5');
  const take = await photographer(app, shell);
  await take('job-shell');
  await job.openTab('Metrics');
  await expect(page.getByRole('img', { name: /over \d/ })).toHaveCount(4);
  await take('job-metrics');

  await job.openTab('Shell');
  await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
  await page.keyboard.type('exit 7');
  await page.keyboard.press('Enter');
  await expect(bar.getByRole('status')).toHaveText('The shell has ended with exit code 7');
  await bar.getByRole('button', { name: 'New shell' }).click();
  await expect(bar.getByRole('status')).toHaveText('Shell in busybox:local');
  await page.getByRole('button', { name: 'Stop' }).click();
  await job.expectState('Stopped');
  await expect(bar.getByRole('status')).toContainText('The shell has ended');
  await expect(bar.getByRole('button', { name: 'New shell' })).toBeDisabled();
});

test('a published port is shown with its real address, and answers there', async ({ app, home }) => {
  const { page } = app;
  const core = await connectToCore(home);
  if (!core) throw new Error('the app does not answer');
  const command = ['sh', '-c', 'mkdir -p /tmp/www; echo served > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'];
  await core.client.jobs.run({
    spec: {
      name: 'server',
      engine: 'docker',
      image: 'busybox:local',
      command,
      mounts: [],
      env: [],
      resources: {},
      ports: [{ container: 8080 }],
    },
  });
  core.close();
  const job = await openJob(page, 'server');
  await job.expectState('Running');
  const link = page.getByRole('list', { name: 'Ports' }).getByRole('link', { name: /^Open port 8080 at 127\.0\.0\.1:\d+$/ });
  await expect(link).toBeVisible();
  const opened = page.context().waitForEvent('page');
  await link.click();
  await expect((await opened).locator('body')).toHaveText('served');
  await page.getByRole('button', { name: 'Stop' }).click();
  await job.expectState('Stopped');
  await expect(link).toBeHidden();
});

test('outputs are listed while the job still writes them', async ({ app, home }) => {
  await runJob(
    home,
    'writer',
    'cd /home/work/out; i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo $i > part-$i.txt; sleep 0.5; done',
  );
  const job = await openJob(app.page, 'writer');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('part-1.txt');
  await expect(job.outputs()).toContainText('part-5.txt');
  await job.expectState('Running');
  await app.page.getByRole('button', { name: 'Stop' }).click();
  await job.expectState('Stopped');
});
