import { expect, type Locator, type Page } from 'playwright/test';
import type { RunningApp } from '../fixtures/app.ts';

/** The page of the storage hosts, and its dialogs. */
export class HostsPage {
  readonly page: Page;
  readonly addDialog: Locator;

  constructor(app: RunningApp) {
    this.page = app.page;
    this.addDialog = this.page.getByRole('dialog', { name: 'Add a storage host' });
  }

  /** From Settings, where the hosts stand in short. */
  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Settings', exact: true }).click();
    await this.page.getByRole('region', { name: 'Storage hosts' }).getByRole('button', { name: 'Manage' }).click();
  }

  card(name: string): Locator {
    return this.page.getByRole('main').getByRole('region', { name, exact: true });
  }

  /** The host in the tree of Files. */
  treeItem(name: string): Locator {
    const label = this.page.getByText(name, { exact: true });
    return this.page.getByRole('tree', { name: 'Folders' }).getByRole('treeitem').filter({ has: label });
  }

  async startAdding(kind: 'Local folder' | 'Azure Blob' | 'S3' | 'Azure emulator'): Promise<void> {
    await this.page.getByRole('button', { name: 'Add a host' }).click();
    await this.addDialog.getByRole('button', { name: kind }).click();
  }

  /** Fills fields by their labels. */
  async fill(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(fields))
      await this.addDialog.getByLabel(label, { exact: false }).first().fill(value);
  }

  async add(): Promise<void> {
    await this.addDialog.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(this.addDialog).toBeHidden();
  }

  /** One line of what a test found. */
  check(within: Locator, name: string): Locator {
    return within.getByRole('list', { name: 'Checks' }).getByRole('listitem').filter({ hasText: name });
  }

  async choose(name: string, choice: string): Promise<void> {
    await this.card(name)
      .getByRole('button', { name: `Actions for ${name}` })
      .click();
    await this.page.getByRole('menuitem', { name: choice }).click();
  }
}
