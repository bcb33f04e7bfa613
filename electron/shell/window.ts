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
}

/** Opens the app's window where it was last time; it is shown when its first frame is ready, so that none flashes. */
export function openWindow({ home, preload }: WindowOptions): BrowserWindow {
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
    webPreferences: webPreferences(preload),
  });
  if (maximized) window.maximize();
  keepWindowState(stateFile, window);
  window.once('ready-to-show', () => window.show());
  void window.loadURL(appUrl);
  return window;
}
