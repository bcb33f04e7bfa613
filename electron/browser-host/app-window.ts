import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Browsers that can show a page as a window of its own, most wanted first. */
const commands = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
  'brave',
  'vivaldi',
];
const macApps = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser', 'Vivaldi'];
const windowsFiles = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
  'BraveSoftware\\Brave-Browser\\Application\\brave.exe',
];

/** Path of an installed browser of the Chromium family; null when there is none. `STOWAGE_BROWSER` chooses one. */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | null {
  const candidates = environment.STOWAGE_BROWSER ? [environment.STOWAGE_BROWSER] : installedPaths(environment);
  return candidates.find(isExecutable) ?? null;
}

function installedPaths(environment: NodeJS.ProcessEnv): string[] {
  switch (process.platform) {
    case 'darwin':
      return macApps.flatMap((app) =>
        ['/Applications', join(environment.HOME ?? '', 'Applications')].map((folder) =>
          join(folder, `${app}.app`, 'Contents', 'MacOS', app),
        ),
      );
    case 'win32':
      return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
        const folder = environment[name];
        return folder ? windowsFiles.map((file) => join(folder, file)) : [];
      });
    default: {
      const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
      return commands.flatMap((command) => folders.map((folder) => join(folder, command)));
    }
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether windows can be shown here at all. */
export const hasDisplay = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  process.platform === 'darwin' || process.platform === 'win32' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);

/**
 * Opens the sign-in file: as an app window with a profile of its own in `home`, else in the default browser.
 * The key stands in the file, never in an argument. Says how it was opened; null when it could not be.
 */
export async function openApp(openPath: string, home: string): Promise<'app-window' | 'browser' | null> {
  if (!hasDisplay()) return null;
  const browser = findBrowser();
  if (browser) {
    const profile = join(home, 'browser-profile');
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    if (await start(browser, appArguments(openPath, profile))) return 'app-window';
  }
  const [command, ...args] = defaultOpener(openPath);
  return command && (await start(command, args)) ? 'browser' : null;
}

function appArguments(openPath: string, profile: string): string[] {
  return [
    `--app=${pathToFileURL(openPath).href}`,
    `--user-data-dir=${profile}`,
    '--window-size=1360,900',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Its profile holds no passwords: nothing is asked of the desktop's keyring, which may be locked.
    '--password-store=basic',
    '--disable-extensions',
    '--disable-default-apps',
    '--disable-features=MediaRouter,Translate,OptimizationHints',
    // Chromium refuses to start for root otherwise; the page is our own, under a policy that loads nothing foreign.
    ...(process.getuid?.() === 0 ? ['--no-sandbox', '--test-type'] : []),
  ];
}

function defaultOpener(path: string): string[] {
  switch (process.platform) {
    case 'darwin':
      return ['open', path];
    case 'win32':
      return ['explorer.exe', path];
    default:
      return ['xdg-open', path];
  }
}

/** Without a UTF-8 locale Chromium on Linux cannot read dropped files whose names are not plain ASCII. */
export function withTextNames(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  const isText = /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
  return process.platform !== 'linux' || isText ? environment : { ...environment, LC_ALL: '', LC_CTYPE: 'C.UTF-8' };
}

/** Starts a program that lives on by itself; false when it cannot be started. */
function start(command: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: 'ignore', env: withTextNames() });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
