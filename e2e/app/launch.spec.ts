import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

test('vfolders are dragged or put onto the container, and mounts are removed again', async ({ app, home }) => {
  for (const name of ['data', 'models']) await stowage(home, ['vfolder', 'create', name]);
  await mkdir(join(home, 'vfolders', 'data', 'train'));
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'true' });
  const list = page.getByRole('region', { name: 'Vfolders to mount' });
  await list.getByRole('listitem').filter({ hasText: 'data' }).dragTo(launch.container);
  await expect(launch.container).toContainText('data:/');
  const source = page.getByRole('combobox', { name: 'Source of mount 1' });
  await expect(source).toHaveValue('data:/');
  // Who goes on before the suggestions come is not stopped by them.
  await source.fill('data:/t');
  await page.keyboard.press('Tab');
  await page.waitForTimeout(600);
  await expect(source).toHaveAttribute('aria-expanded', 'false');
  await source.fill('data:/tr');
  await page.getByRole('option', { name: 'data:/train/' }).click();
  await expect(source).toHaveValue('data:/train/');
  await list.getByRole('button', { name: 'Mount models' }).click();
  await expect(launch.container).toContainText('models:/');
  await page.getByRole('button', { name: 'Remove mount 1' }).click();
  await expect(page.getByRole('combobox', { name: 'Source of mount 1' })).toHaveValue('models:/');
  await expect(launch.container).not.toContainText('data:/');
  await page.getByRole('button', { name: 'Remove mount 1' }).click();
  await expect(page.getByRole('main')).toContainText('Nothing is mounted yet');
  await expect(launch.run).toBeEnabled();
});

test('environment, resources, code and output arrive in the job; the shell is offered where a command needs one', async ({
  app,
}) => {
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({
    name: 'all of it',
    image: 'busybox:local',
    command: 'echo "$GREETING" > out/said && cat out/said; nproc; pwd',
  });
  await expect(page.getByRole('main')).toContainText('plain text without a shell');
  await page.getByRole('button', { name: 'Run in a shell' }).click();
  await expect(page.getByRole('checkbox', { name: 'Run in a shell' })).toBeChecked();

  await launch.unfold('Environment');
  await page.getByRole('button', { name: 'Add variable' }).click();
  await page.getByRole('textbox', { name: 'Name of variable 1' }).fill('GREETING');
  await page.getByRole('textbox', { name: 'Value of variable 1' }).fill('hello there = "you"');
  await launch.unfold('Resources');
  const cpus = page.getByRole('textbox', { name: 'CPUs' });
  await cpus.fill('many');
  await expect(launch.run).toBeDisabled();
  await cpus.fill('0.5');
  await page.getByRole('textbox', { name: 'Memory', exact: true }).fill('64 MiB');
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(job.log).toContainText('hello there = "you"');
  await expect(job.log).toContainText('/home/work');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('said');
});

test('the output goes where it is told: another folder, or nowhere', async ({ app, home }) => {
  await stowage(home, ['vfolder', 'create', 'results']);
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'touch out/made' });
  const output = page.getByRole('combobox', { name: 'Output', exact: true });
  await output.selectOption('none');
  await expect(page.getByRole('main')).toContainText('is lost when it ends');
  await output.selectOption('address');
  await page.getByRole('combobox', { name: 'Output folder' }).fill('results:/runs');
  await page.keyboard.press('Tab');
  await expect(launch.container).toContainText('results:/runs');
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('made');
});

test('the draft is kept over a reload, and starting over can be undone', async ({ app, home }) => {
  await stowage(home, ['vfolder', 'create', 'data']);
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ name: 'kept', image: 'busybox:local', command: 'sleep 1' });
  await launch.addMount({ source: 'data:/', target: '/data', mode: 'rw' });
  await page.reload();
  const command = page.getByRole('textbox', { name: 'Command' });
  await expect(command).toHaveValue('sleep 1');
  await expect(page.getByRole('textbox', { name: 'Name of the job' })).toHaveValue('kept');
  await expect(page.getByRole('combobox', { name: 'Source of mount 1' })).toHaveValue('data:/');
  await expect(page.getByRole('combobox', { name: 'Mode of mount 1' })).toHaveValue('rw');
  await expect(launch.run).toBeEnabled();
  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(command).toHaveValue('');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(command).toHaveValue('sleep 1');
});
