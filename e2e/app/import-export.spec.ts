import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { run, stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

test('a command is pasted, its folder linked, the job run, and its copy does the same in a shell', async ({
  app,
  home,
  shell,
}) => {
  await withFolder('paste', async (folder) => {
    await mkdir(join(folder, 'numbers'));
    await writeFile(join(folder, 'numbers', 'n.csv'), '1\n2\n3\n');
    await stowage(home, ['vfolder', 'create', 'weights']);
    const { page } = app;
    const launch = new LaunchPage(page);
    await launch.open();
    await page.getByRole('button', { name: 'Paste a command' }).click();
    const text = page.getByRole('textbox', { name: 'Command or job' });
    await expect(text).toBeFocused();
    await text.fill('make all');
    await expect(page.getByRole('alert')).toContainText('no command or job that can be taken over');
    await text.fill(
      `docker run --rm -it --gpus all --ipc=host -v ${folder}/numbers:/numbers:ro -v $(pwd):/app -e WANDB_API_KEY=abc busybox:local sh -c 'wc -l < /numbers/n.csv'`,
    );
    const lost = page.getByRole('list', { name: 'Not carried over' });
    await expect(lost.getByRole('listitem')).toHaveCount(3);
    await expect(page.getByRole('textbox', { name: 'Folder in which you would run it' })).toBeVisible();
    const take = await photographer(app, shell);
    await take('paste-command', ['light', 'dark']);

    await text.fill(
      `docker run --rm --network none -v ${folder}/numbers:/numbers:ro busybox:local sh -c 'wc -l < /numbers/n.csv'`,
    );
    await page.getByRole('button', { name: 'Link as “numbers”' }).click();
    await page.getByRole('button', { name: 'Allow and link “numbers”' }).click();
    await expect(lost).toHaveCount(0);
    await expect(page.getByRole('status').filter({ hasText: 'Read as docker run' })).toContainText('1 mount');
    await page.getByRole('button', { name: 'Fill the form' }).click();
    await expect(page.getByRole('combobox', { name: 'Source of mount 1' })).toHaveValue('numbers:/');
    await expect(launch.run).toBeEnabled();
    await launch.run.click();
    const job = new JobPage(page);
    await job.expectState('Succeeded');
    await expect(job.log).toContainText('3');
    await page.getByRole('button', { name: 'Copy as…' }).click();
    const script = page.getByRole('region', { name: 'The job as docker run' });
    await expect(script).toContainText('docker run --rm --init');
    await take('copy-as', ['dark']);
    const pasted = await run('sh', ['-c', (await script.textContent()) ?? '']);
    expect(pasted).toMatchObject({ code: 0, stdout: '3\n' });
    await page.getByRole('tab', { name: 'JSON' }).click();
    await expect(page.getByRole('region', { name: 'The job as JSON' })).toContainText('"stowage": "job"');
    await page.keyboard.press('Escape');
  });
});

test('the form is kept as a template with a parameter, filled in again, and run', async ({ app, home, shell }) => {
  await stowage(home, ['vfolder', 'create', 'data']);
  const { page } = app;
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  await launch.fill({ image: 'busybox:local', command: 'echo {{word}}', name: 'say' });
  await launch.unfold('Network and user');
  await page.getByRole('switch', { name: 'Network' }).uncheck();
  const mine = page.getByRole('list', { name: 'Templates' }).getByRole('button', { name: /Say a word/ });
  await page.getByRole('button', { name: 'Templates' }).click();
  await expect(page.getByRole('button', { name: 'Checksums of a folder' })).toBeVisible();
  const take = await photographer(app, shell);
  await take('templates', ['light', 'dark']);
  await page.getByRole('button', { name: 'Save the form as a template…' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Say a word');
  await page.getByRole('textbox', { name: 'What word is called' }).fill('The word');
  await take('save-template', ['dark']);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Template “Say a word” saved', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Templates' }).click();
  await mine.click();
  await page.getByRole('button', { name: 'Use template' }).click();
  await expect(page.getByText('“The word” has to be filled in.')).toBeVisible();
  await page.getByRole('textbox', { name: 'The word' }).fill('$(id); two words');
  await page.getByRole('button', { name: 'Use template' }).click();
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(job.log).toContainText('$(id); two words');
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await page.getByRole('button', { name: 'Templates' }).click();
  await page.getByRole('button', { name: 'Remove the template Say a word' }).click();
  await page.getByRole('button', { name: 'Remove the template', exact: true }).click();
  await expect(mine).toHaveCount(0);
  await page.keyboard.press('Escape');
});
