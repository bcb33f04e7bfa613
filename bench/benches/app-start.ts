import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WindowBrowser, windowBrowser } from '../../e2e/fixtures/app-window.ts';
import { end, utf8 } from '../../e2e/fixtures/browser-host.ts';
import { keyFileOf, node, root, stowage } from '../../e2e/fixtures/process.ts';
import { type Bench, type Sample, timeWork } from '../harness.ts';

/**
 * From nothing (no process of ours, no browser) to a Files screen that can be used, as `npm start` does it; against the
 * same browser with an empty page. Both find the profile of their last start, as a person's do.
 */
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
    const browser = await windowBrowser(home);
    return {
      ours: { name: 'stowage', run: () => startApp(home, browser) },
      peers: [{ name: 'blank page', run: () => startBlank(join(home, 'blank-profile'), browser) }],
      cleanUp: async () => {
        rmSync(home, { recursive: true, force: true });
        rmSync(keyFileOf(home), { force: true });
      },
    };
  },
};

/** Like a rival's start: nothing of the time after the screen can be used counts. */
async function timedUntil(usable: () => Promise<() => Promise<void>>): Promise<Sample> {
  let finish = async (): Promise<void> => {};
  const sample = await timeWork(async () => {
    finish = await usable();
  });
  await finish();
  // The processor and memory of this process say nothing of the app's.
  return { ...sample, cpuSeconds: null, peakBytes: null };
}

const startApp = (home: string, browser: WindowBrowser): Promise<Sample> =>
  timedUntil(async () => {
    const host = spawn(node, [join(root, 'out', 'main', 'serve.js'), '--open'], {
      env: { ...utf8, STOWAGE_HOME: home, STOWAGE_KEY_FILE: keyFileOf(home), STOWAGE_BROWSER: browser.path, DISPLAY: ':0' },
      stdio: 'ignore',
    });
    const [window, page] = await browser.attach();
    // A locator looks again every half a second only: at first every frame is looked at.
    const isShown = (): boolean =>
      [...document.querySelectorAll('[role=treeitem]')].some((item) => item.textContent?.includes('first'));
    await page.waitForFunction(isShown, undefined, { polling: 'raf' });
    await page
      .getByRole('treeitem')
      .filter({ has: page.getByText('first', { exact: true }) })
      .click({ trial: true });
    return async () => {
      await browser.close(window, join(home, 'browser-profile'));
      await end(host, 'SIGTERM');
    };
  });

const startBlank = (profile: string, browser: WindowBrowser): Promise<Sample> =>
  timedUntil(async () => {
    spawn(browser.path, ['--app=about:blank', `--user-data-dir=${profile}`, '--window-size=1360,900'], {
      env: utf8,
      stdio: 'ignore',
    });
    const [window, page] = await browser.attach();
    await page.evaluate(() => document.body.clientWidth);
    return () => browser.close(window, profile);
  });
