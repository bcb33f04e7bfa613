import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { openBrowserHost } from '../../e2e/fixtures/browser-host.ts';
import { keyFileOf, stowage } from '../../e2e/fixtures/process.ts';
import type { Bench, Sample } from '../harness.ts';

const rows = 1_000_000;
const scrollSeconds = 6;
/** The file that stands first by time; by name another does. */
const newest = 5;

/** Memory, where there is some: a million files are made and removed there in seconds. */
const roomy = (): string => {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > 3 * 1024 ** 3 ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
};

/** A folder of a million files opened in the app, as a user does: in the browser host and a browser. */
export const uiTable: Bench = {
  name: 'ui-table',
  about: `${rows} rows: open, sort, filter, scroll; no peer; goal: 95 of 100 frames of scrolling < 17 ms, sort < 1 s`,
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const base = mkdtempSync(join(roomy(), 'stowage-bench-'));
    const home = join(base, 'home');
    const { code, stderr } = await stowage(home, ['vfolder', 'create', 'many']);
    if (code !== 0) throw new Error(stderr);
    for (let at = 0; at < rows; at += 1) {
      const number = (at * 7919) % rows;
      closeSync(openSync(join(home, 'vfolders', 'many', `sample-${number}.${number % 10 === 0 ? 'csv' : 'jpg'}`), 'w'));
    }
    const later = new Date(Date.now() + 3600_000);
    utimesSync(join(home, 'vfolders', 'many', `sample-${newest}.jpg`), later, later);
    return {
      ours: { name: 'stowage', run: () => useTable(home) },
      peers: [],
      cleanUp: async () => {
        rmSync(base, { recursive: true, force: true });
        rmSync(keyFileOf(home), { force: true });
      },
    };
  },
};

async function useTable(home: string): Promise<Sample> {
  const app = await openBrowserHost({ STOWAGE_HOME: home, STOWAGE_KEY_FILE: keyFileOf(home) }, 0);
  try {
    const { page } = app;
    const summary = page.getByRole('status', { name: 'Folder summary' });
    const grid = page.getByRole('grid');
    const firstName = grid.locator('[role=row] > [role=gridcell]').first();
    const timed = async (work: () => Promise<void>): Promise<number> => {
      const begun = performance.now();
      await work();
      return performance.now() - begun;
    };
    const item = page.getByRole('treeitem').filter({ has: page.getByText('many', { exact: true }) });
    await item.waitFor();
    const whole = rows.toLocaleString('en');
    let firstRows = 0;
    const open = await timed(async () => {
      firstRows = await timed(async () => {
        await item.click();
        await firstName.waitFor();
      });
      await summary.getByText(`${whole} items`).waitFor({ timeout: 300_000 });
      await summary.getByRole('progressbar').waitFor({ state: 'detached', timeout: 60_000 });
    });
    const scroll = await scrollFrames(page);
    const sortBy = (column: string, first: string): Promise<number> =>
      timed(async () => {
        await grid.getByRole('columnheader', { name: column }).getByRole('button').click();
        await firstName.getByText(first, { exact: true }).waitFor();
      });
    await grid.focus();
    await page.keyboard.press('Home');
    const sort = await sortBy('Modified', `sample-${newest}.jpg`);
    const sortName = await sortBy('Name', 'sample-0.csv');
    const filter = await timed(async () => {
      await page.getByRole('searchbox', { name: 'Filter this folder' }).fill('*-99999?.csv');
      await summary.getByText(` of ${whole} items`).waitFor();
      await firstName.getByText('sample-999990.csv', { exact: true }).waitFor();
    });
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const p95 = scroll[Math.floor(scroll.length * 0.95)] ?? Number.NaN;
    return {
      value: p95,
      cpuSeconds: null,
      peakBytes: usedSize,
      also: { 'first-rows': firstRows, open, sort, 'sort-name': sortName, filter },
    };
  } finally {
    await app.quit();
  }
}

/** Milliseconds between frames while the table is scrolled as by a wheel, ascending. */
async function scrollFrames(page: Page): Promise<number[]> {
  const grid = page.getByRole('grid');
  const box = await grid.boundingBox();
  if (!box) throw new Error('there is no table');
  const frames = page.evaluate(
    (milliseconds) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        const begun = performance.now();
        const frame = (now: number): void => {
          times.push(now);
          if (now - begun < milliseconds) requestAnimationFrame(frame);
          else resolve(times.slice(1).map((time, at) => time - (times[at] ?? time)));
        };
        requestAnimationFrame(frame);
      }),
    scrollSeconds * 1000,
  );
  const session = await page.context().newCDPSession(page);
  await session.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: -scrollSeconds * 3000,
    speed: 3000,
    gestureSourceType: 'mouse',
  });
  return (await frames).toSorted((a, b) => a - b);
}
