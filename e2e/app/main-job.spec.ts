import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

const megabyte = 1024 * 1024;

/** Saves an output of the job to a folder of this machine, as each shell does it. */
async function download(app: RunningApp, shell: string, name: string, folder: string): Promise<string> {
  const path = join(folder, name);
  const button = new JobPage(app.page).outputs().getByRole('button', { name: `Download ${name}` });
  if (shell === 'browser') {
    const [saved] = await Promise.all([app.page.waitForEvent('download'), button.click()]);
    await saved.saveAs(path);
  } else {
    await app.ask('dialog', [folder]);
    await button.click();
    await expect.poll(() => readFile(path, 'utf8').catch(() => null)).not.toBeNull();
  }
  return path;
}

for (const engine of ['docker', 'process'] as const) {
  test(`the whole story on the ${engine} engine: drop a folder, mount it, run it, get the outputs`, async ({ app, shell }) => {
    test.slow();
    await withFolder('story', async (folder) => {
      const source = join(folder, 'Field data 2026');
      await mkdir(source);
      await makeMessyTree(source, 1200, 200 * megabyte);
      const expected = await sha256sums(source);

      const files = new FilesPage(app);
      await files.dropAsVfolder(source);
      await files.expectTransferDone('Field data 2026');
      await expect(files.row('big file.bin')).toBeVisible();
      await expect(files.summary).toContainText('8 items');

      await app.page.getByRole('button', { name: 'Launch a job with this folder' }).click();
      const launch = new LaunchPage(app.page);
      await launch.chooseEngine(engine);
      const sums = 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum';
      await launch.fill({
        name: 'checksums',
        ...(engine === 'docker' && { image: 'busybox:local' }),
        command: `sh -c 'cd Field-data-2026 && ${sums} > ../out/sums.txt && echo "summed $(wc -l < ../out/sums.txt) files"'`,
      });
      await launch.setMount(1, { mode: 'ro' });
      await expect(launch.container).toContainText('Field-data-2026');
      await expect(launch.run).toBeEnabled();
      await app.page.keyboard.press('Control+Enter');

      const job = new JobPage(app.page);
      await job.expectState('Succeeded');
      await expect(job.log).toContainText('summed 1200 files');
      await job.openTab('Files');
      const saved = await download(app, shell, 'sums.txt', folder);
      expect(await readFile(saved, 'utf8')).toBe(expected);
    });
  });
}
