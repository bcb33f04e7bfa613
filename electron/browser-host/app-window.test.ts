import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findBrowser, openApp, withTextNames } from './app-window.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-window-'));
  vi.stubEnv('WAYLAND_DISPLAY', '');
  vi.stubEnv('DISPLAY', ':99');
  vi.stubEnv('STOWAGE_BROWSER', '');
  // The name of a program in a test's PATH is all that is looked for.
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that notes its arguments, one a line. */
function program(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/part" && mv "${folder}/part" "${folder}/arguments"\n`, {
    mode: 0o755,
  });
  return path;
}

async function noted(): Promise<string[]> {
  await vi.waitUntil(() => existsSync(join(folder, 'arguments')), { timeout: 10_000 });
  return readFileSync(join(folder, 'arguments'), 'utf8').trimEnd().split('\n');
}

it('A12 opens the sign-in file in an app window with a profile of its own, and no key among its arguments', async () => {
  vi.stubEnv('STOWAGE_BROWSER', program('chromium'));
  const openPath = join(folder, 'open it.html');
  writeFileSync(openPath, 'secret-key');
  expect(await openApp(openPath, folder)).toBe('app-window');
  const given = await noted();
  expect(given).toContain(`--app=${pathToFileURL(openPath).href}`);
  expect(given).toContain(`--user-data-dir=${join(folder, 'browser-profile')}`);
  expect(given.join(' ')).not.toContain('secret-key');
  expect(given.includes('--no-sandbox')).toBe(process.getuid?.() === 0);
});

it.runIf(process.platform === 'linux')('finds a browser on the PATH, first the most wanted', () => {
  vi.stubEnv('PATH', folder);
  expect(findBrowser()).toBeNull();
  const brave = program('brave-browser');
  expect(findBrowser()).toBe(brave);
  const chromium = program('chromium');
  expect(findBrowser()).toBe(chromium);
});

it.runIf(process.platform === 'linux')('takes the default browser where there is none of the Chromium family', async () => {
  program('xdg-open');
  vi.stubEnv('STOWAGE_BROWSER', join(folder, 'missing'));
  expect(await openApp('/a b/open.html', folder)).toBe('browser');
  expect(await noted()).toEqual(['/a b/open.html']);
});

it.runIf(process.platform === 'linux')('opens nothing without a display', async () => {
  vi.stubEnv('STOWAGE_BROWSER', program('chromium'));
  vi.stubEnv('DISPLAY', '');
  expect(await openApp('/open.html', folder)).toBeNull();
  expect(existsSync(join(folder, 'browser-profile'))).toBe(false);
});

it.runIf(process.platform === 'linux')(
  'gives the browser a locale in which names of files are text, and keeps one that is',
  () => {
    expect(withTextNames({ LANG: 'C' })).toEqual({ LANG: 'C', LC_ALL: '', LC_CTYPE: 'C.UTF-8' });
    expect(withTextNames({ LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' })).toMatchObject({ LC_CTYPE: 'C.UTF-8' });
    const german = { LANG: 'de_DE.UTF-8' };
    expect(withTextNames(german)).toBe(german);
  },
);
