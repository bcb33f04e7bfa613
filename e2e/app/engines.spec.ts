import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright/test';
import { test as base, expect, withFolder } from '../fixtures/app.ts';
import { type Contexts, startContexts } from '../fixtures/engines.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer, type Take, themes } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

const test = base.extend<{ contexts: Contexts }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants a pattern here
  contexts: async ({}, use) => {
    const contexts = await startContexts();
    await use(contexts);
    await contexts.stop();
  },
  environment: async ({ contexts }, use) => use(contexts.environment),
});

const engine = (page: Page, name: string): Locator => page.getByRole('radio', { name: new RegExp(`^${name}`) });

async function photograph(page: Page, take: Take, launch: LaunchPage): Promise<void> {
  for (const [theme, label] of themes) {
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('radio', { name: label, exact: true }).check();
    await expect(page.getByRole('heading', { name: 'Engines' })).toBeVisible();
    await page.getByRole('heading', { name: 'Engines' }).scrollIntoViewIfNeeded();
    await take('engines', theme);
    await launch.open();
    await take('launch-engines', theme);
  }
}

test('a job runs on an engine of a Docker context over TLS: its data is sent, and what it wrote comes back', async ({
  app,
  home,
  shell,
  contexts,
}) => {
  const { page } = app;
  await withFolder('engines', async (folder) => {
    await mkdir(join(folder, 'readings'));
    await writeFile(join(folder, 'readings', 'a.txt'), 'sent over\n');
    await stowage(home, ['vfolder', 'create', 'data']);
    await stowage(home, ['vfolder', 'upload', 'data', './readings'], { cwd: folder });
  });

  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const settings = page.getByRole('main');
  await expect(settings).toContainText(`is running at tcp://${contexts.second.host}:${contexts.second.port}.`);
  await expect(settings).toContainText(/is running at ssh:\/\/127\.0\.0\.1:\d+\./);
  await expect(settings).toContainText('Docker “silent”');

  const launch = new LaunchPage(page);
  await launch.open();
  await expect(engine(page, 'Docker “lab”')).toBeVisible();
  await engine(page, 'Docker “gpu-box”').check();
  await launch.fill({ image: 'busybox:local', command: 'cp data/readings/a.txt out/came.txt', name: 'far' });
  await launch.addMount({ source: 'data:/', mode: 'ro' });
  await expect(launch.approach(1)).toHaveText('copied');
  if (shell === 'browser') await photograph(page, await photographer(page, shell), launch);

  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(page.getByRole('main')).toContainText('busybox:local · Docker “gpu-box”');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('came.txt');
  await expect.poll(() => contexts.second.docker.listContainers({ all: true })).toEqual([]);
});

test('the command line names engines, runs on one over ssh, and says which contexts there are', async ({ home, contexts }) => {
  const cli = (...args: string[]) => stowage(home, args, { env: contexts.environment });
  const listed = await cli('engine', 'list', '--json');
  expect(JSON.parse(listed.stdout).map(({ id, state }: { id: string; state: string }) => `${id} ${state}`)).toEqual([
    'docker ready',
    'docker:gpu-box ready',
    'docker:lab ready',
    'docker:silent error',
    'process ready',
  ]);
  const ran = await cli(
    'run',
    '--engine',
    'docker:lab',
    '--image',
    'busybox:local',
    '--name',
    'over-ssh',
    '--',
    'sh',
    '-c',
    'echo hello; echo kept > out/file',
  );
  expect(ran).toMatchObject({ code: 0, stdout: 'hello\n' });
  expect((await cli('cat', 'outputs:/over-ssh/file')).stdout).toBe('kept\n');

  const unknown = await cli('plan', '--engine', 'docker:nowhere', '--image', 'busybox:local', '--', 'true');
  expect(unknown.stdout + unknown.stderr).toContain(
    'There is no Docker context “nowhere”. Those that are there: default, gpu-box, lab, silent.',
  );
  expect((await cli('run', '--engine', 'dokker', '--', 'true')).code).toBe(64);
  expect((await cli('engine', 'default', 'docker:lab')).stdout).toBe('docker:lab\n');
  expect((await cli('engine', 'default', '--auto')).stdout).toContain('Docker when it answers');
  expect((await cli('engine', 'images', 'docker:gpu-box')).stdout).toContain('busybox:local');
});
