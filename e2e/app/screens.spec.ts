import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { root, stowage } from '../fixtures/process.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

const shots = join(root, 'test-results', 'screens');
const sizes = [
  { width: 1280, height: 800 },
  { width: 1680, height: 1050 },
];

/** No serious finding of axe. Tabster's dummies are focusable on purpose: they move the focus on at once. */
async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html).join(' | ')}`),
    where,
  ).toEqual([]);
}

/** Real data: a few vfolders, nested files, three jobs of which one failed. */
async function fillHome(home: string, folder: string): Promise<void> {
  const cli = (...args: string[]) => stowage(home, args);
  const run = ['run', '--image', 'busybox:local', '--engine', 'docker'];
  for (const name of ['train-images', 'labels', 'checkpoints']) await cli('vfolder', 'create', name, '--usage', 'data');
  const season = join(folder, 'first season');
  for (const name of ['2026-01', '2026-02', '2026-03']) {
    await mkdir(join(season, name), { recursive: true });
    await writeFile(join(season, name, 'readings.csv'), 'time,value\n');
  }
  await writeFile(join(season, 'model card.md'), '# Model\n');
  await writeFile(join(season, 'weights.safetensors'), Buffer.alloc(3_400_000));
  await writeFile(
    join(
      season,
      'camera recordings 2026-03-04, station Nordhang, second half of the season, unfiltered and never compressed again.tar.gz',
    ),
    Buffer.alloc(70_000),
  );
  await cli('vfolder', 'upload', 'train-images', `${season}/`);
  const colours =
    "i=0; while [ $i -lt 60 ]; do i=$((i+1)); printf '\\033[32mepoch %d\\033[0m loss \\033[33m0.%03d\\033[0m\\n' $i $((900 - i * 13)); done; echo 'a warning' >&2";
  await cli(
    ...run,
    '--name',
    'train-baseline',
    '-m',
    'train-images:/data:ro',
    '-m',
    'labels',
    '--',
    'sh',
    '-c',
    `${colours}; cp /data/* /home/work/out/ 2>/dev/null; true`,
  );
  await cli(...run, '--name', 'evaluate', '-m', 'labels', '--', 'sh', '-c', 'echo checking; exit 3');
  await cli('run', '--engine', 'process', '--name', 'prepare', '-m', 'labels', '--', 'sh', '-c', 'echo done');
}

test('every screen, in light, dark and high contrast, at two sizes, with nothing serious for axe', async ({
  app,
  home,
  shell,
}) => {
  test.slow();
  await withFolder('screens', (folder) => fillHome(home, folder));
  await mkdir(shots, { recursive: true });
  const { page } = app;
  const take = async (screen: string, theme: string): Promise<void> => {
    for (const size of sizes) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(shots, `${shell}-${screen}-${theme}-${size.width}.png`), animations: 'disabled' });
    }
    await page.setViewportSize(sizes[0] ?? { width: 1280, height: 800 });
    await expectAccessible(page, `${screen} in ${theme}`);
  };
  for (const [theme, label] of [
    ['light', 'Light'],
    ['dark', 'Dark'],
    ['contrast', 'High contrast'],
  ] as const) {
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('radio', { name: label, exact: true }).check();
    await expect(page.getByRole('region', { name: 'Health' })).toContainText('Disk');
    await take('settings', theme);

    await page.getByRole('button', { name: 'Files', exact: true }).click();
    await page.getByRole('treeitem', { name: 'train-images' }).click();
    await expect(page.getByRole('grid')).toContainText('weights.safetensors');
    await take('files', theme);

    const launch = new LaunchPage(page);
    await launch.open();
    // There is nothing to start over at first.
    const startOver = page.getByRole('button', { name: 'Start over' });
    if (await startOver.isEnabled()) await startOver.click();
    await launch.chooseEngine('docker');
    await launch.fill({ image: 'busybox:local', command: 'python train.py --epochs 10', name: 'train-large' });
    await launch.addMount({ source: 'train-images:/', target: '/data', mode: 'ro' });
    await launch.addMount({ source: 'labels:/' });
    await launch.addMount({ source: 'checkpoints:/', target: '/etc' });
    await expect(launch.run).toBeDisabled();
    await take('launch', theme);

    await page.getByRole('button', { name: 'Jobs', exact: true }).click();
    await expect(page.getByRole('main')).toContainText('train-baseline');
    await take('jobs', theme);
    await page.getByText('train-baseline', { exact: true }).first().dblclick();
    const job = new JobPage(page);
    await expect(job.log).toContainText('epoch 60');
    await take('job-logs', theme);
    await job.openTab('Files');
    await expect(job.outputs()).toContainText('weights.safetensors');
    await take('job-files', theme);
    await job.openTab('Plan');
    await take('job-plan', theme);
  }
});
