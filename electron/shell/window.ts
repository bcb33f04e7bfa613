import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen, type WebPreferences } from 'electron';
import { appUrl } from './origin.ts';
import { keepWindowState, readWindowState } from './window-state.ts';

/** What a page may do: nothing but what the preload gives it. Every line is asserted by a test. */
export const webPreferences = (preload: string): WebPreferences => ({
  preload,
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
});

export interface WindowOptions {
  readonly home: string;
  readonly preload: string;
  /** Shown by Linux' task switchers; the other systems take the program's own. */
  readonly icon: string;
  /** Is told what went wrong with the window or its page, for the log. */
  onError(what: string, error: unknown): void;
}

/** A page whose process ends sooner than this after it was loaded anew is left alone: it would only end again. */
const settledMs = 30_000;

/** Opens the app's window where it was last time; it is shown when its first frame is ready, so that none flashes. */
export function openWindow({ home, preload, icon, onError }: WindowOptions): BrowserWindow {
  const stateFile = join(home, 'window.json');
  const state = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const { maximized, width, height, x, y } = state;
  const window = new BrowserWindow({
    width,
    height,
    ...(x !== undefined && y !== undefined && { x, y }),
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: 'Stowage',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1b1f1f' : '#ffffff',
    ...(process.platform === 'linux' && { icon }),
    webPreferences: webPreferences(preload),
  });
  if (maximized) window.maximize();
  keepWindowState(stateFile, window, (error) => onError('the place of the window was not kept', error));
  window.once('ready-to-show', () => window.show());
  reviveLostPage(window, onError);
  // Rejects too when a reload or the end of the app overtakes it.
  window.loadURL(appUrl).catch((error: unknown) => onError('the page was not loaded', error));
  return window;
}

/** Loads the page anew when its process ends by itself: the core still has everything that it showed. */
function reviveLostPage(window: BrowserWindow, onError: WindowOptions['onError']): void {
  let revived = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    onError('the process of the page ended', new Error(`${reason}, ${exitCode}`));
    const now = performance.now();
    if (now - revived < settledMs) return;
    revived = now;
    window.webContents.reload();
  });
}
