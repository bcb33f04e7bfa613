import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { account, accountKey, withAzurite } from '../fixtures/azurite.ts';
import { run } from '../fixtures/process.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';
import { FilesPage } from '../pages/files-page.ts';
import { HostsPage } from '../pages/hosts-page.ts';

test('a folder of this machine becomes a host: tested, added, renamed, made read-only, the default, and removed', async ({
  app,
}) => {
  const hosts = new HostsPage(app);
  const files = new FilesPage(app);
  const { page } = app;
  await withFolder('host', async (folder) => {
    await hosts.open();
    await hosts.startAdding('Local folder');
    await hosts.fill({ Folder: join(folder, 'missing') });
    await hosts.addDialog.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(hosts.addDialog, 'Reachable').getByLabel('Problem')).toBeVisible();
    await expect(hosts.addDialog.getByRole('button', { name: 'Add anyway' })).toBeVisible();

    const root = join(folder, 'big disk');
    await mkdir(root);
    await hosts.fill({ Folder: root });
    await expect(hosts.addDialog.getByRole('textbox', { name: 'Name' })).toHaveValue('big disk');
    await hosts.addDialog.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(hosts.addDialog, 'Writing').getByLabel('All right')).toBeVisible();
    await hosts.add();
    await expect(hosts.card('big disk')).toContainText(root);
    await expect(hosts.card('big disk')).toContainText('Ready');
    await expect(hosts.card('big disk')).toContainText('free of');

    await page.getByRole('button', { name: 'New vfolder' }).first().click();
    const create = page.getByRole('dialog', { name: 'New vfolder' });
    await create.getByRole('textbox', { name: 'Name' }).fill('on-disk');
    await create.getByRole('combobox', { name: 'Host' }).selectOption({ label: 'big disk (Local folder)' });
    await create.getByRole('button', { name: 'Create' }).click();
    await expect.poll(() => readdir(root)).toContain('on-disk');
    await files.treeItem('All vfolders').click();
    await page.getByRole('button', { name: 'Group by host' }).click();
    await expect(page.getByRole('table', { name: 'vfolders' }).getByRole('rowheader', { name: /^big disk/ })).toContainText(
      '1 vfolder',
    );

    await hosts.treeItem('big disk').click();
    await expect(hosts.card('big disk').getByRole('button', { name: 'on-disk' })).toBeVisible();
    await hosts.choose('big disk', 'Make default');
    await expect(hosts.card('big disk')).toContainText('default');
    await expect(hosts.card('local')).not.toContainText('default');
    await hosts.choose('big disk', 'Edit…');
    const edit = page.getByRole('dialog', { name: 'Edit “big disk”' });
    await edit.getByRole('textbox', { name: 'Name' }).fill('array');
    await edit.getByRole('button', { name: 'Save' }).click();
    await hosts.choose('array', 'Make read-only');
    await expect(hosts.card('array')).toContainText('read-only');

    await hosts.choose('array', 'Remove…');
    const remove = page.getByRole('alertdialog', { name: 'Remove “array”?' });
    await remove.getByRole('button', { name: 'Remove' }).click();
    await expect(remove.getByRole('alert')).toContainText('on-disk');
    await remove.getByRole('button', { name: 'Cancel' }).click();
    await expect(hosts.card('array')).toBeVisible();
  });
});

test('Azure’s emulator is attached in one click, and vfolders on it take and give back files', async ({ app }) => {
  test.slow();
  const hosts = new HostsPage(app);
  const files = new FilesPage(app);
  const { page } = app;
  await withAzurite(async (azurite) => {
    await hosts.open();
    await hosts.startAdding('Azure emulator');
    await hosts.fill({ Endpoint: azurite.endpoint });
    await hosts.addDialog.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(hosts.addDialog, 'Listing').getByLabel('All right')).toBeVisible();
    await hosts.add();
    await expect(hosts.card('Azure emulator')).toContainText('Ready');
    await page.getByRole('button', { name: 'New vfolder' }).first().click();
    const create = page.getByRole('dialog', { name: 'New vfolder' });
    await create.getByRole('textbox', { name: 'Name' }).fill('remote');
    await create.getByRole('combobox', { name: 'Host' }).selectOption({ label: 'Azure emulator (Azure Blob Storage)' });
    await create.getByRole('button', { name: 'Create' }).click();
    await expect(create).toBeHidden();
    await withFolder('tree', async (folder) => {
      const source = join(folder, 'set');
      await mkdir(source);
      await mkdir(join(folder, 'back'));
      await makeMessyTree(source, 60, 20 * 1024 * 1024);
      await app.drop(files.dropZone, [source]);
      await files.expectTransferDone('set');
      await expect(files.row('set')).toBeVisible();

      await files.goTo('remote:/set');
      await expect(files.row('big file.bin')).toBeVisible();
      await page.getByRole('button', { name: 'Sync this folder with another place' }).click();
      const sync = page.getByRole('dialog', { name: /^Sync/ });
      await sync.getByRole('radio', { name: 'On this machine' }).check();
      await sync.getByRole('textbox', { name: 'Folder of this machine' }).fill(join(folder, 'back'));
      await sync.getByRole('button', { name: 'Plan' }).click();
      const review = page.getByRole('dialog', { name: 'Review the sync' });
      await review.getByRole('button', { name: 'Approve' }).click();
      await expect(files.transfers.getByRole('listitem').first()).toContainText('Done', { timeout: 60_000 });
      expect(await sha256sums(join(folder, 'back'))).toBe(await sha256sums(source));
    });
  });
});

test('a wrong key is said in plain words, the right one kept where no page, log or database has it', async ({ app }) => {
  const hosts = new HostsPage(app);
  const { page } = app;
  await withAzurite(async (azurite) => {
    await hosts.open();
    await hosts.startAdding('Azure Blob');
    const dialog = hosts.addDialog;
    await dialog.getByRole('combobox', { name: 'Sign in with' }).selectOption({ label: 'Account name and key' });
    const key = dialog.getByLabel('Account key');
    await expect(key).toHaveAttribute('type', 'password');
    await expect(key).toHaveAttribute('autocomplete', 'off');
    const wrong = Buffer.from('not the key of this account at all').toString('base64');
    await hosts.fill({ 'Account name': account, Endpoint: azurite.endpoint, 'Account key': wrong });
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(hosts.check(dialog, 'Credentials').getByLabel('Problem')).toBeVisible();
    await dialog.getByRole('button', { name: 'Add anyway' }).click();
    await expect(hosts.card(account)).toContainText('key');
    await expect(hosts.card(account).getByLabel('Problem')).toBeVisible();

    await hosts
      .card(account)
      .getByRole('button', { name: `Edit ${account}` })
      .click();
    const edit = page.getByRole('dialog', { name: `Edit “${account}”` });
    await expect(edit.getByLabel('Account key')).toHaveValue('');
    await edit.getByLabel('Account key').fill(Buffer.from('neither is this').toString('base64'));
    await edit.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(edit, 'Credentials').getByLabel('Problem')).toBeVisible();
    await edit.getByLabel('Account key').fill(accountKey);
    await edit.getByRole('button', { name: 'Save' }).click();
    await expect(edit).toBeHidden();
    await expect(hosts.card(account)).toContainText('Ready');

    expect(await page.content()).not.toContain(wrong);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(stored).not.toContain(accountKey);
    for (const secret of [wrong, accountKey]) expect((await run('grep', ['-rlaF', secret, app.home])).stdout).toBe('');
  });
});

test('a host that stops answering says so at its place, and is ready again when it does', async ({ app }) => {
  test.slow();
  const hosts = new HostsPage(app);
  await withAzurite(async (azurite) => {
    await hosts.open();
    await hosts.startAdding('Azure emulator');
    await hosts.fill({ Endpoint: azurite.endpoint });
    await hosts.add();
    const card = hosts.card('Azure emulator');
    await expect(card).toContainText('Ready');
    await azurite.stop();
    await card.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(card, 'Reachable').getByLabel('Problem')).toBeVisible({ timeout: 30_000 });
    await expect(hosts.treeItem('Azure emulator').getByLabel('Not usable')).toBeVisible();
    await azurite.start();
    await card.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(hosts.check(card, 'Listing').getByLabel('All right')).toBeVisible();
    await expect(hosts.treeItem('Azure emulator').getByLabel('Ready')).toBeVisible();
  });
});

test('a folder of an account is linked where it is, read-only, and nothing is copied', async ({ app }) => {
  const hosts = new HostsPage(app);
  const files = new FilesPage(app);
  const { page } = app;
  await withAzurite(async (azurite) => {
    const container = azurite.service.getContainerClient('archive');
    await container.create();
    await container.getBlockBlobClient('2026/readings.csv').upload('a,b\n', 4);
    await hosts.open();
    await hosts.startAdding('Azure emulator');
    await hosts.fill({ Endpoint: azurite.endpoint });
    await hosts.add();
    await page.getByRole('button', { name: 'Link a folder' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Link a folder' });
    await dialog.getByRole('radio', { name: 'On a storage host' }).check();
    await dialog.getByRole('textbox', { name: 'Folder on the host' }).fill('archive/2026');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('season');
    await dialog.getByRole('button', { name: 'Link', exact: true }).click();
    await expect(files.row('readings.csv')).toBeVisible();
    await expect(files.treeItem('season')).toContainText('linked');
    await files.goTo('season:/readings.csv');
    await expect(files.row('readings.csv')).toHaveAttribute('aria-selected', 'true');
  });
});

test('the speed limit is chosen in the panel, typed in Settings, and kept', async ({ app, launch }) => {
  const { page } = app;
  await page.getByRole('button', { name: 'Transfers' }).click();
  await page.getByRole('button', { name: 'Speed limit: No limit' }).click();
  await page.getByRole('menuitemradio', { name: '10 MB/s' }).click();
  await expect(page.getByRole('button', { name: 'Speed limit: 10 MB/s' })).toBeVisible();
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const limit = page.getByRole('textbox', { name: 'Speed limit' });
  await expect(limit).toHaveValue('10 MB');
  await limit.fill('fast');
  await expect(page.getByRole('region', { name: 'Transfers' }).getByRole('alert')).toContainText('10 MB');
  await limit.fill('2.5 MB');
  await limit.press('Enter');
  await expect(page.getByRole('button', { name: 'Speed limit: 2.5 MB/s' })).toBeVisible();
  await app.quit();
  const again = await launch();
  await again.page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(again.page.getByRole('textbox', { name: 'Speed limit' })).toHaveValue('2.5 MB');
});
