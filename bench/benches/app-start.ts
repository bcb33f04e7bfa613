import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { chromiumFlags, chromiumPath, openBrowserHost, utf8 } from '../../e2e/fixtures/browser-host.ts';
import { keyFileOf, stowage } from '../../e2e/fixtures/process.ts';
import { type Bench, type Sample, timeWork } from '../harness.ts';

/** From nothing (no process of ours, no browser) to a Files screen that can be used, against a browser with an empty page. */
export const appStart: Bench = {
  name: 'app-start',
  about: 'cold start to a usable Files screen; against a blank page in the same browser, goal: at most twice its time',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 7,
  prepare: async () => {
    const home = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
    const { code, stderr } = await stowage(home, ['vfolder', 'create', 'first']);
    if (code !== 0) throw new Error(stderr);
    return {
      ours: { name: 'stowage', run: () => startApp(home) },
      peers: [{ name: 'blank page', run: startBlank }],
      cleanUp: async () => {
        rmSync(home, { recursive: true, force: true });
        rmSync(keyFileOf(home), { force: true });
      },
    };
  },
};

/** Like a rival's start: nothing of the time after the screen can be used counts. */
async function timedUntil(usable: () => Promise<() => Promise<void>>): Promise<Sample> {
  let end = async (): Promise<void> => {};
  const sample = await timeWork(async () => {
    end = await usable();
  });
  await end();
  // The processor and memory of this process say nothing of the app's.
  return { ...sample, cpuSeconds: null, peakBytes: null };
}

const startApp = (home: string): Promise<Sample> =>
  timedUntil(async () => {
    const app = await openBrowserHost({ STOWAGE_HOME: home, STOWAGE_KEY_FILE: keyFileOf(home) }, 0);
    const { page } = app;
    await page
      .getByRole('treeitem')
      .filter({ has: page.getByText('first', { exact: true }) })
      .click({ trial: true });
    return () => app.quit();
  });

const startBlank = (): Promise<Sample> =>
  timedUntil(async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags, env: utf8 });
    const page = await browser.newPage();
    await page.goto('about:blank');
    await page.locator('body').evaluate((body) => body.clientWidth);
    return () => browser.close();
  });
