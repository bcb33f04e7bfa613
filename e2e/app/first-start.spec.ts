import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

/** The welcome's sample, from the first screen to its output. */
async function runSample({ page }: RunningApp): Promise<void> {
  await page.getByRole('button', { name: 'Open the sample job' }).click();
  const launch = new LaunchPage(page);
  await expect(launch.container).toContainText('sample-data');
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded', 45_000);
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('summary.csv');
}

test('the first start leads through the sample to its outputs in a minute; the second start shows no welcome', async ({
  launch,
}) => {
  const before = Date.now();
  const app = await launch();
  await expect(app.page.getByRole('heading', { name: 'Welcome to Stowage' })).toBeVisible();
  await runSample(app);
  expect(Date.now() - before).toBeLessThan(60_000);
  await app.quit();

  const { page } = await launch();
  await expect(page.getByRole('tree', { name: 'Folders' })).toContainText('sample-data');
  await expect(page.getByRole('heading', { name: 'Welcome to Stowage' })).toBeHidden();
});

test('the welcome can be skipped, and the empty place says what to do next', async ({ app }) => {
  await app.page.getByRole('button', { name: 'Skip, I will look around' }).click();
  await expect(app.page.getByRole('main')).toContainText('Put your first data in');
  await app.page.getByRole('button', { name: 'Launch', exact: true }).click();
  await expect(new LaunchPage(app.page).run).toBeDisabled();
  await app.page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await expect(app.page.getByRole('main')).toContainText('No jobs yet');
});

test.describe('without Docker', () => {
  test.use({ environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });

  test('the sample runs on this machine, and the Docker choice says what is wrong with it', async ({ app }) => {
    await runSample(app);
    await expect(app.page.getByRole('main')).toContainText('This machine');
    const launch = new LaunchPage(app.page);
    await launch.open();
    await expect(app.page.getByRole('radiogroup', { name: 'Engine' })).toContainText(/Docker.*(not|cannot|no )/is);
    await launch.chooseEngine('docker');
    await launch.fill({ image: 'busybox:local', command: 'true' });
    await expect(launch.run).toBeDisabled();
  });
});
