import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilFree, type WindowBrowser, windowBrowser } from '../../e2e/fixtures/app-window.ts';
import { end, utf8 } from '../../e2e/fixtures/browser-host.ts';
import { keyFileOf, node, root, stowage } from '../../e2e/fixtures/process.ts';
import { type Bench, type Sample, timeWork } from '../harness.ts';
import { pageProbe } from '../page-probe.ts';

const restMilliseconds = 500;

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
  // A browser writes down what it compiled when the page is at rest; a person does not close it before.
  await delay(restMilliseconds);
  await finish();
  // The processor and memory of this process say nothing of the app's.
  return { ...sample, cpuSeconds: null, peakBytes: null };
}

/** The row of the vfolder is there, and a click in its middle hits it. */
const firstIsUsable = `(() => {
  const row = [...document.querySelectorAll('[role=treeitem]')].find(({ textContent }) => textContent.includes('first'));
  const box = row?.getBoundingClientRect();
  return box !== undefined && row.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
})()`;

const startApp = (home: string, browser: WindowBrowser): Promise<Sample> =>
  timedUntil(async () => {
    const host = spawn(node, [join(root, 'out', 'main', 'serve.js'), '--open'], {
      env: { ...utf8, STOWAGE_HOME: home, STOWAGE_KEY_FILE: keyFileOf(home), STOWAGE_BROWSER: browser.path, DISPLAY: ':0' },
      stdio: 'ignore',
    });
    await pageProbe(browser.port).until(firstIsUsable);
    return async () => {
      await endBrowser(browser, join(home, 'browser-profile'));
      await end(host, 'SIGTERM');
    };
  });

const startBlank = (profile: string, browser: WindowBrowser): Promise<Sample> =>
  timedUntil(async () => {
    spawn(browser.path, ['--app=about:blank', `--user-data-dir=${profile}`, '--window-size=1360,900'], {
      env: utf8,
      stdio: 'ignore',
    });
    await pageProbe(browser.port).until('document.body.clientWidth > 0');
    return () => endBrowser(browser, profile);
  });

/** Until its profile is free again. */
async function endBrowser(browser: WindowBrowser, profile: string): Promise<void> {
  await pageProbe(browser.port).endBrowser();
  await untilFree(profile);
}
