import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { photographer, type Take } from '../fixtures/screens.ts';
import { JobPage } from '../pages/job-page.ts';
import { LaunchPage } from '../pages/launch-page.ts';

const token = 'tok-8dJ2mQ/x+w';
const password = 'correct horse';

/** Files of the data directory that hold one of the texts. */
async function holding(home: string, texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => null);
    if (bytes && texts.some((text) => bytes.includes(text))) found.push(path);
  }
  return found;
}

async function addDotfile(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const part = page.getByRole('region', { name: 'Dotfiles' });
  await expect(part).toContainText('None.');
  await part.getByRole('button', { name: 'Add a dotfile' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a dotfile' });
  const path = dialog.getByRole('textbox', { name: 'File in the home directory' });
  await expect(path).toBeFocused();
  await path.fill('/etc/passwd');
  await expect(dialog).toContainText('its path begins at “/”');
  await path.fill('.aws/config');
  await dialog.getByRole('textbox', { name: 'Contents' }).fill('[default]\nregion = eu-central-1\n');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(part.getByRole('table', { name: 'Dotfiles' })).toContainText('.aws/config');
}

async function importVariables(page: Page, take: Take): Promise<void> {
  await page.getByRole('button', { name: 'Import .env…' }).click();
  const dialog = page.getByRole('dialog', { name: /Import variables/ });
  await withFolder('env', async (folder) => {
    const file = join(folder, '.env');
    await writeFile(
      file,
      `# service\r\nexport EPOCHS=3\r\nAPI_TOKEN="${token}"\r\nDB_PASSWORD='${password}'\r\nwhat is this\r\n`,
    );
    await dialog.getByLabel('A .env file', { exact: true }).setInputFiles(file);
  });
  const list = dialog.getByRole('region', { name: 'What will be taken' });
  await expect(list.getByRole('row')).toHaveCount(4);
  await expect(dialog.getByRole('status')).toContainText('line 5, there is no “=” after the name');
  await expect(list).not.toContainText(token);
  await dialog.getByRole('combobox', { name: 'Kind of DB_PASSWORD' }).selectOption('Secret file');
  await take('env-import', ['light']);
  await dialog.getByRole('button', { name: 'Take 3 variables' }).click();
  await expect(dialog).toBeHidden();
}

test('secrets, dotfiles, GPUs, ports and time of a job, none of them in plain anywhere', async ({ app, shell }) => {
  test.slow();
  const { page } = app;
  const take = await photographer(app, shell);
  await addDotfile(page);
  const launch = new LaunchPage(page);
  await launch.open();
  await launch.chooseEngine('docker');
  const command =
    'sh -c \'echo "$EPOCHS $API_TOKEN"; cat "$DB_PASSWORD_FILE"; echo; wc -c < ~/.aws/config; test $(printf %s "$API_TOKEN" | wc -c) = 14\'';
  await launch.fill({ image: 'busybox:local', command, name: 'with-secrets' });
  await launch.unfold('Environment');
  await importVariables(page, take);
  await expect(page.getByRole('textbox', { name: 'Value of variable 2' })).toHaveAttribute('type', 'password');
  await launch.unfold('Resources');
  await page.getByRole('textbox', { name: 'Time limit' }).fill('soon');
  await expect(page.getByRole('alert').filter({ hasText: 'is not a time' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Time limit' }).fill('90 min');
  await launch.unfold('Network and user');
  await page.getByRole('textbox', { name: 'Ports' }).fill('8888');
  await expect(launch.container).toContainText('config');
  await expect(launch.run).toBeEnabled();
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('region', { name: 'Dotfiles' }).scrollIntoViewIfNeeded();
  await take('dotfiles');
  await launch.open();
  await page.getByRole('button', { name: 'Add variable' }).scrollIntoViewIfNeeded();
  await take('launch-secrets');
  // The form is kept, and comes back without the values of its secrets.
  await expect.poll(async () => (await holding(app.home, ['with-secrets'])).length).toBeGreaterThan(0);
  expect(await holding(app.home, [token, password])).toEqual([]);

  await launch.run.click();
  const job = new JobPage(page);
  await job.expectState('Succeeded');
  await expect(job.log).toContainText(`3 ${'*'.repeat(token.length)}`);
  await expect(job.log).toContainText('*'.repeat(password.length));
  await expect(job.log).toContainText('32');
  await job.openTab('Plan');
  const plan = page.getByRole('region', { name: 'Plan of the job' });
  await expect(plan).toContainText('at most 1 h 30 min');
  await expect(plan).toContainText('•••••••• (secret, as a file)');
  await take('job-plan-secrets', ['contrast']);

  // A copy has the same secrets without showing them.
  await page.getByRole('button', { name: 'Clone and edit' }).click();
  const value = page.getByRole('textbox', { name: 'Value of variable 2' });
  await expect(value).toHaveAttribute('placeholder', 'kept, not shown');
  await expect(value).toHaveValue('');
  await expect(launch.run).toBeEnabled();
  await launch.run.click();
  await job.expectState('Succeeded');
  await expect(job.log).toContainText(`3 ${'*'.repeat(token.length)}`);
  expect(await page.content()).not.toContain(token);
  expect(await holding(app.home, [token, password])).toEqual([]);
});
