import { expect, type Locator, type Page } from 'playwright/test';

/** The Launch screen. */
export class LaunchPage {
  readonly page: Page;
  readonly container: Locator;
  readonly run: Locator;
  /** What stands beside Run. */
  readonly estimate: Locator;

  constructor(page: Page) {
    this.page = page;
    this.container = page.getByRole('region', { name: 'What the container will see' });
    this.run = page.getByRole('button', { name: 'Run', exact: true });
    this.estimate = page.getByRole('status').filter({ hasText: /ready|counting|nothing|problem|needs/ });
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Launch', exact: true }).click();
    await expect(this.page.getByRole('heading', { name: 'New job' })).toBeVisible();
  }

  async chooseEngine(engine: 'docker' | 'process'): Promise<void> {
    await this.page.getByRole('radio', { name: engine === 'docker' ? /^Docker/ : /^This machine/ }).check();
  }

  async fill(fields: { image?: string; command: string; name?: string }): Promise<void> {
    if (fields.name) await this.page.getByRole('textbox', { name: 'Name of the job' }).fill(fields.name);
    if (fields.image) {
      await this.page.getByRole('combobox', { name: 'Image' }).fill(fields.image);
      await this.page.keyboard.press('Tab');
    }
    await this.page.getByRole('textbox', { name: 'Command' }).fill(fields.command);
  }

  /** The menu of the approaches of a mount. */
  approach(number: number): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^Approach of mount ${number}:`) });
  }

  /** Opens a part of the form that is folded. */
  async unfold(title: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`^${title}`) }).click();
  }

  async setMount(number: number, fields: { source?: string; target?: string; mode?: 'ro' | 'rw' }): Promise<void> {
    if (fields.source !== undefined) {
      await this.page.getByRole('combobox', { name: `Source of mount ${number}` }).fill(fields.source);
      await this.page.keyboard.press('Tab');
    }
    if (fields.target !== undefined)
      await this.page.getByRole('textbox', { name: `Target of mount ${number}` }).fill(fields.target);
    if (fields.mode) await this.page.getByRole('combobox', { name: `Mode of mount ${number}` }).selectOption(fields.mode);
  }

  async addMount(fields: { source: string; target?: string; mode?: 'ro' | 'rw' }): Promise<void> {
    const mounts = this.page.getByRole('list', { name: 'Mounts' }).getByRole('listitem');
    const before = await mounts.count();
    await this.page.getByRole('button', { name: 'Add mount' }).click();
    await this.setMount(before + 1, fields);
  }
}
