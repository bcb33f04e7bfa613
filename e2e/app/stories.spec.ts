import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { type Cloud, withAzure, withS3 } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

/** What people did with the tools that Stowage learnt from, with real jobs in containers. */

async function cli(home: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stowage(home, args);
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** Writes files below a folder. */
async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** A vfolder on this machine with these files in it. */
async function makeVfolder(home: string, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await cli(home, 'vfolder', 'create', name);
  await writeFiles(onDisk({ home }, name), files);
}

async function openLaunch(page: Page): Promise<LaunchPage> {
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  return launch;
}

async function runToEnd(page: Page, launch: LaunchPage): Promise<JobPage> {
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  return job;
}

/** Saves an output of the job to a folder of this machine. */
async function saveOutput(app: RunningApp, name: string, folder: string): Promise<string> {
  const button = new JobPage(app.page).outputs().getByRole('button', { name: `Download ${name}` });
  const [saved] = await Promise.all([app.page.waitForEvent('download'), button.click()]);
  const path = join(folder, name);
  await saved.saveAs(path);
  return readFile(path, 'utf8');
}

test('FloydHub: two data sets gathered under one folder by links, one of them split, and run by a run.sh', async ({
  app,
  home,
}) => {
  const { page } = app;
  await makeVfolder(home, 'faces', { 'train/1.txt': 'a face\n', 'valid/1.txt': 'another\n' });
  await makeVfolder(home, 'names', { 'labels.csv': '1,Ada\n' });
  await makeVfolder(home, 'project', {
    'run.sh':
      'set -e\ncd /input\nfind . -follow -type f | sort\ncat data/train/1.txt data/labels.csv checks/1.txt > /home/work/out/seen\n',
  });
  const launch = await openLaunch(page);
  await launch.fill({ image: 'busybox:local', command: 'sh /home/work/code/run.sh', name: 'floyd' });
  await page.getByRole('combobox', { name: 'Code folder' }).fill('project:/');
  await page.keyboard.press('Tab');
  await launch.addMount({ source: 'faces:/', target: '/floyd/faces', mode: 'ro' });
  await launch.addMount({ source: 'names:/', target: '/floyd/names', mode: 'ro' });
  await launch.unfold('Symlinks');
  await page.getByRole('button', { name: 'Add several…' }).click();
  // As it stood in the script that people ran before their training.
  const script = [
    'ln -s /floyd/faces/train /input/data/train',
    'ln -s /floyd/names/labels.csv /input/data/labels.csv',
    'ln -s /floyd/faces/valid /input/checks',
  ];
  await page.getByRole('textbox', { name: 'Lines of links' }).fill(script.join('\n'));
  await page.getByRole('button', { name: 'Add 3 links' }).click();
  await expect(launch.container).toContainText('→ /floyd/faces/train');
  const job = await runToEnd(page, launch);
  for (const path of ['./checks/1.txt', './data/labels.csv', './data/train/1.txt']) await expect(job.log).toContainText(path);
  expect(await cli(home, 'cat', 'outputs:/floyd/seen')).toBe('a face\n1,Ada\nanother\n');
});

test('Backend.AI: upload, run with a dotfile, the folder at /home/work/NAME and one at an absolute path, download', async ({
  app,
  home,
}) => {
  const { page } = app;
  await makeVfolder(home, 'shared-models', { 'weights.txt': '0.5\n' });
  await withFolder('backend', async (folder) => {
    const source = join(folder, 'mydata');
    await mkdir(join(source, 'raw'), { recursive: true });
    for (const at of [1, 2, 3]) await writeFile(join(source, 'raw', `${at} set.csv`), `${at}\n`.repeat(at * 100));
    await writeFile(join(folder, 'config'), '[default]\nregion = eu-north-1\n');
    await cli(home, 'dotfile', 'create', '.aws/config', '--permission', '600', '--file', join(folder, 'config'));
    const files = new FilesPage(app);
    await files.dropAsVfolder(source);
    await files.expectTransferDone('mydata');
    await page.getByRole('button', { name: 'Launch a job with this folder' }).click();
    const launch = new LaunchPage(page);
    await launch.chooseEngine('docker');
    await launch.fill({
      image: 'busybox:local',
      name: 'session',
      command:
        "sh -c 'cd /home/work/mydata && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > ../out/sums && cp /models/weights.txt ../out/ && cat ~/.aws/config && ls -l ~/.aws/config'",
    });
    await launch.addMount({ source: 'shared-models:/', target: '/models', mode: 'ro' });
    await expect(launch.container).toContainText('mydata');
    const job = await runToEnd(page, launch);
    await expect(job.log).toContainText('region = eu-north-1');
    await expect(job.log).toContainText('-rw-------');
    await job.openTab('Files');
    expect(await saveOutput(app, 'sums', folder)).toBe(await sha256sums(source));
    expect(await saveOutput(app, 'weights.txt', folder)).toBe('0.5\n');
  });
});

test('CodaLab: a linked folder is a read-only dependency, and the outputs, kept as a vfolder, are that of the next job', async ({
  app,
  home,
}) => {
  const { page } = app;
  await withFolder('codalab', async (folder) => {
    await mkdir(join(folder, 'corpus'));
    await writeFile(join(folder, 'corpus', 'words.txt'), 'b\na\nc\na\n');
    await page.getByRole('button', { name: 'Link a folder' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Link a folder' });
    await dialog.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'corpus'));
    await dialog.getByRole('button', { name: 'Link', exact: true }).click();
    await dialog.getByRole('button', { name: 'Allow this folder' }).click();
    await expect(dialog).toBeHidden();

    const launch = await openLaunch(page);
    await launch.fill({
      image: 'busybox:local',
      name: 'count',
      command: "sh -c 'sort -u corpus/words.txt > out/vocabulary && if echo x > corpus/mine; then exit 9; fi'",
    });
    await launch.addMount({ source: 'corpus:/' });
    const first = await runToEnd(page, launch);
    await expect(first.log).toContainText('Read-only file system');
    await first.openTab('Files');
    const folders = page.getByRole('combobox', { name: 'Folder of the job' });
    await folders.selectOption('/home/work/corpus, read-only');
    await expect(page.getByRole('table', { name: 'Files' })).toContainText('words.txt');
    await folders.selectOption('Outputs, /home/work/out');
    await expect(first.outputs()).toContainText('vocabulary');
    await first.keepAsVfolder('vocabulary');
    await expect(page.getByRole('row', { name: 'vocabulary' })).toBeVisible();
    expect(JSON.parse(await cli(home, 'vfolder', 'info', 'vocabulary', '--json'))).toMatchObject({ usage: 'output' });

    await launch.open();
    await page.getByRole('button', { name: 'Start over' }).click();
    await launch.chooseEngine('docker');
    await launch.fill({ image: 'busybox:local', name: 'use', command: 'wc -l vocabulary/vocabulary' });
    await launch.addMount({ source: 'vocabulary:/', mode: 'ro' });
    const second = await runToEnd(page, launch);
    await expect(second.log).toContainText('3 vocabulary/vocabulary');
    // What each of them depended on is on its record.
    await second.openTab('Inputs');
    await expect(second.inputs()).toContainText('vocabulary:/');
    expect(await readFile(join(folder, 'corpus', 'words.txt'), 'utf8')).toBe('b\na\nc\na\n');
  });
});

test('OpenPAI: a job as JSON is imported, the way of its data advised, and its outputs saved', async ({ app, home }) => {
  const { page } = app;
  await withAzure(async (cloud) => {
    await cloud.addHost(home);
    await cli(home, 'vfolder', 'create', 'mnist', 'cloud');
    await withFolder('openpai', async (folder) => {
      await writeFiles(folder, { 'train/a.txt': '1 2 3\n', 'train/b.txt': '4 5\n' });
      await cli(home, 'vfolder', 'upload', 'mnist', `${folder}/`);
    });
    await makeVfolder(home, 'code', { 'count.sh': 'cat "$PAI_DATA_DIR"/train/*.txt | wc -w > "$PAI_OUTPUT_DIR/words"\n' });
    const job = {
      jobName: 'count-mnist',
      image: 'busybox:local',
      dataDir: '$PAI_DEFAULT_FS_URI/$PAI_USERNAME/mnist',
      outputDir: '$PAI_DEFAULT_FS_URI/$PAI_USERNAME/output',
      codeDir: '$PAI_DEFAULT_FS_URI/$PAI_USERNAME/code',
      retryCount: 3,
      taskRoles: [{ name: 'main', taskNumber: 1, cpuNumber: 1, memoryMB: 256, gpuNumber: 0, command: 'sh code/count.sh' }],
    };
    const launch = await openLaunch(page);
    await page.getByRole('button', { name: 'Paste a command' }).click();
    const text = page.getByRole('textbox', { name: 'Command or job' });
    await expect(text).toBeFocused();
    await text.fill(JSON.stringify(job));
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('list', { name: 'Not carried over' })).toContainText('retryCount');
    await dialog.getByRole('button', { name: 'Fill the form' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('combobox', { name: 'Source of mount 1' })).toHaveValue('mnist:/');
    // The imported job says nothing of it: remote data is advised to be copied, and why.
    await expect(launch.approach(1)).toHaveText('copied');
    await expect(launch.estimate).toContainText('copies 10 B');
    const ended = await runToEnd(page, launch);
    await ended.openTab('Files');
    await withFolder('saved', async (folder) => {
      expect((await saveOutput(app, 'words', folder)).trim()).toBe('5');
    });
  });
});

const clouds: readonly (readonly [string, (work: (cloud: Cloud) => Promise<void>) => Promise<void>])[] = [
  ['S3', withS3],
  ['Azure', withAzure],
];
for (const [name, withCloud] of clouds) {
  test(`Alluxio: a prefix on ${name} is a plain folder for a program that knows nothing of it`, async ({ app, home }) => {
    const { page } = app;
    await withCloud(async (cloud) => {
      await cloud.addHost(home);
      await cli(home, 'vfolder', 'create', 'lake', 'cloud');
      await withFolder('lake', async (folder) => {
        await writeFiles(folder, { 'logs/01/a.txt': 'one\ntwo\n', 'logs/02/b.txt': 'three\n', 'other/c.txt': 'x\n' });
        await cli(home, 'vfolder', 'upload', 'lake', `${folder}/`);
      });
      const launch = await openLaunch(page);
      await launch.fill({
        image: 'busybox:local',
        name: 'wordcount',
        command: "sh -c 'grep -rc . /data/logs | sort; ls /data/logs; wc -c < /data/logs/02/b.txt'",
      });
      await launch.addMount({ source: 'lake:/logs', target: '/data/logs', mode: 'ro' });
      await launch.approach(1).click();
      await page
        .getByRole('menuitemradio')
        .filter({ hasText: /^Share/ })
        .click();
      await expect(launch.approach(1)).toHaveText('shared');
      const job = await runToEnd(page, launch);
      await expect(job.log).toContainText('/data/logs/01/a.txt:2');
      await expect(job.log).toContainText('/data/logs/02/b.txt:1');
      await expect(job.log).not.toContainText('other');
      await job.openTab('Inputs');
      await expect(job.inputs().getByRole('row').filter({ hasText: 'lake:/logs' })).toContainText('2');
    });
  });
}
