import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

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
  const { page } = app;
  const take = await photographer(app, shell);
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  for (const [label, theme] of [
    ['Dark', 'dark'],
    ['High contrast', 'contrast'],
    ['Light', 'light'],
  ] as const) {
    await page.getByRole('radio', { name: label, exact: true }).check();
    await expect(page.locator(`html[data-theme=${theme}]`)).toBeAttached();
  }
  await page.getByRole('radio', { name: 'As the system' }).check();
  await expect(page.getByRole('region', { name: 'Health' })).toContainText('Disk');
  await take('settings');

  await page.getByRole('button', { name: 'Files', exact: true }).click();
  await page.getByRole('treeitem', { name: 'train-images' }).click();
  await expect(page.getByRole('grid')).toContainText('weights.safetensors');
  await take('files');

  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'python train.py --epochs 10', name: 'train-large' });
  await launch.addMount({ source: 'train-images:/', target: '/data', mode: 'ro' });
  await launch.addMount({ source: 'labels:/' });
  await launch.addMount({ source: 'checkpoints:/', target: '/etc' });
  await expect(launch.run).toBeDisabled();
  await take('launch');

  await page.getByRole('button', { name: 'Jobs', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('train-baseline');
  await take('jobs');
  await page.getByText('train-baseline', { exact: true }).first().dblclick();
  const job = new JobPage(page);
  await expect(job.log).toContainText('epoch 60');
  await take('job-logs');
  await job.openTab('Files');
  await expect(job.outputs()).toContainText('weights.safetensors');
  await take('job-files');
  await job.openTab('Plan');
  await take('job-plan');
});
