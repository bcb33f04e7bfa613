import { expect, type Locator, type Page } from 'playwright/test';

/** The page of one job. */
export class JobPage {
  readonly page: Page;
  readonly log: Locator;

  constructor(page: Page) {
    this.page = page;
    this.log = page.getByRole('log', { name: 'Log of the job' });
  }

  async expectState(state: string, timeout = 60_000): Promise<void> {
    await expect(this.page.locator('main').getByText(state, { exact: true }).first()).toBeVisible({ timeout });
  }

  async openTab(name: 'Logs' | 'Metrics' | 'Files' | 'Shell' | 'Plan' | 'Inputs'): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** The folders that the job got. */
  inputs(): Locator {
    return this.page.getByRole('table', { name: 'Inputs' });
  }

  /** Copies what is shown under Files into a new vfolder, which is then open. */
  async keepAsVfolder(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Keep as a vfolder' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'New vfolder' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('button', { name: 'Create and copy' }).click();
    await expect(dialog).toBeHidden();
  }

  outputs(): Locator {
    return this.page.getByRole('table', { name: 'Outputs' });
  }
}
