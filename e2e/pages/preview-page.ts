import type { Locator, Page } from 'playwright/test';
import type { FilesPage } from './files-page.ts';

/** The preview pane of the Files screen. */
export class PreviewPage {
  readonly page: Page;
  readonly files: FilesPage;
  readonly pane: Locator;
  readonly title: Locator;
  /** Text and code. */
  readonly text: Locator;
  readonly table: Locator;
  readonly image: Locator;

  constructor(files: FilesPage) {
    this.files = files;
    this.page = files.page;
    this.pane = this.page.getByRole('region', { name: 'Preview', exact: true });
    this.title = this.pane.getByRole('heading', { level: 2 }).first();
    this.text = this.pane.locator('.cm-content');
    this.table = this.pane.getByRole('table');
    this.image = this.pane.getByRole('img');
  }

  /** Selects a file; the pane is open. */
  async select(name: string): Promise<void> {
    await this.files.row(name).click();
  }

  button(name: string): Locator {
    return this.pane.getByRole('button', { name, exact: true });
  }
}
