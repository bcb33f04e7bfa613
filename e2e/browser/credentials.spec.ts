import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { account, accountKey, withAzurite } from '../fixtures/azurite.ts';
import { FilesPage } from '../pages/files-page.ts';
import { HostsPage } from '../pages/hosts-page.ts';

test('an upload whose credentials are refused waits, and goes on once they are given anew from its row', async ({ app }) => {
  test.slow();
  const hosts = new HostsPage(app);
  const files = new FilesPage(app);
  const { page } = app;
  await withAzurite(async (azurite) => {
    await hosts.open();
    await hosts.startAdding('Azure Blob');
    await hosts.addDialog.getByRole('combobox', { name: 'Sign in with' }).selectOption({ label: 'Account name and key' });
    await hosts.fill({ 'Account name': account, Endpoint: azurite.endpoint, 'Account key': accountKey });
    await hosts.add();
    await page.getByRole('button', { name: 'New vfolder' }).first().click();
    const create = page.getByRole('dialog', { name: 'New vfolder' });
    await create.getByRole('textbox', { name: 'Name' }).fill('remote');
    await create.getByRole('combobox', { name: 'Host' }).selectOption({ label: `${account} (Azure Blob Storage)` });
    await create.getByRole('button', { name: 'Create' }).click();
    await expect(create).toBeHidden();

    await hosts.treeItem(account).click();
    await hosts
      .card(account)
      .getByRole('button', { name: `Edit ${account}` })
      .click();
    const edit = page.getByRole('dialog', { name: `Edit “${account}”` });
    await edit.getByLabel('Account key').fill(Buffer.from('a key that was rolled over').toString('base64'));
    await edit.getByRole('button', { name: 'Save', exact: true }).click();
    await edit.getByRole('button', { name: 'Save anyway' }).click();
    await expect(edit).toBeHidden();

    await withFolder('refused', async (folder) => {
      await writeFile(join(folder, 'late.txt'), 'late');
      await files.treeItem('remote').click();
      await app.drop(files.dropZone, [join(folder, 'late.txt')]);
      const item = files.transfer('late.txt').first();
      await item.getByRole('button', { name: 'Edit credentials' }).click();
      await edit.getByLabel('Account key').fill(accountKey);
      await edit.getByRole('button', { name: 'Save', exact: true }).click();
      await expect(edit).toBeHidden();
      await item.getByRole('button', { name: /^(Retry|Resume)$/ }).click();
      await expect(item).toContainText('Done');
      const blob = azurite.service.getContainerClient('remote').getBlockBlobClient('late.txt');
      expect((await blob.downloadToBuffer()).toString()).toBe('late');
    });
  });
});
