import { expect, type Locator, type Page } from 'playwright/test';
import type { RunningApp } from '../fixtures/app.ts';

/** The Files screen. */
export class FilesPage {
  readonly page: Page;
  readonly app: RunningApp;
  readonly grid: Locator;
  readonly tree: Locator;
  readonly transfers: Locator;
  readonly summary: Locator;
  /** The folder that is shown, which takes what is dropped. */
  readonly dropZone: Locator;
  /** The way back in the messages that offer one. */
  readonly undo: Locator;

  constructor(app: RunningApp) {
    this.app = app;
    this.page = app.page;
    this.grid = this.page.getByRole('grid');
    this.tree = this.page.getByRole('tree', { name: 'Folders' });
    this.transfers = this.page.getByRole('region', { name: 'Transfers' });
    this.summary = this.page.getByRole('status', { name: 'Folder summary' });
    this.dropZone = this.page.getByTestId('folder-view');
    this.undo = this.page.getByRole('button', { name: 'Undo', exact: true });
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Files', exact: true }).click();
  }

  row(name: string): Locator {
    return this.grid.getByRole('row').filter({ has: this.page.getByRole('gridcell', { name, exact: true }) });
  }

  /** The names of the rows that are shown, in order. */
  names(): Locator {
    return this.grid.locator('[role=row] > [role=gridcell]:first-child');
  }

  treeItem(name: string): Locator {
    return this.tree.getByRole('treeitem').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Chooses from the menu of a vfolder in the tree. */
  async chooseForVfolder(name: string, choice: string): Promise<void> {
    await this.treeItem(name).click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: choice }).click();
  }

  /** The transfers with this title, newest first. */
  transfer(title: string): Locator {
    return this.transfers.getByRole('listitem').filter({ hasText: title });
  }

  /** Drops a folder where no vfolder is open, and takes the name that is offered. */
  async dropAsVfolder(path: string): Promise<void> {
    await this.app.drop(this.page.getByTestId('drop-new-vfolder'), [path]);
    const dialog = this.page.getByRole('dialog', { name: 'New vfolder' });
    await dialog.getByRole('button', { name: 'Create and upload' }).click();
    await expect(dialog).toBeHidden();
  }

  async createVfolder(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New vfolder' }).first().click();
    const dialog = this.page.getByRole('dialog', { name: 'New vfolder' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('button', { name: /^Create/ }).click();
    await expect(dialog).toBeHidden();
  }

  /** Types an address, as Ctrl+L lets one. */
  async goTo(address: string): Promise<void> {
    await expect(this.tree).toBeVisible();
    await this.page.keyboard.press('Control+l');
    await this.page
      .getByRole('textbox', { name: /address/i })
      .or(this.page.getByRole('combobox', { name: /address/i }))
      .fill(address);
    await this.page.keyboard.press('Enter');
  }

  async expectTransferDone(title: string, timeout = 120_000): Promise<void> {
    await expect(this.transfers.getByRole('listitem').filter({ hasText: title }).first()).toContainText('Done', { timeout });
  }
}
