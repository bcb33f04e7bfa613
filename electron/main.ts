import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, protocol, session } from 'electron';
import { browserHost } from '#shared/bridge.ts';
import { toStowageError } from '#shared/errors.ts';
import { findHome, packageRoot } from './app/home.ts';
import { openCore } from './core.ts';
import { startControlSocket } from './rpc/control-socket.ts';
import type { FileBodies } from './services.ts';
import { openKeychain } from './shell/keychain.ts';
import { installMenu } from './shell/menu.ts';
import { offerNative } from './shell/native.ts';
import { appScheme, isAppUrl } from './shell/origin.ts';
import { servePreview } from './shell/preview-response.ts';
import { serveContract } from './shell/rpc-port.ts';
import { denyNavigation, denyPermissions } from './shell/security.ts';
import { openWindow, type WindowOptions } from './shell/window.ts';
import { createStaticApp } from './static-app.ts';

const home = findHome();
const rendererRoot = join(packageRoot(), 'out', 'renderer');
const appIcon = join(packageRoot(), 'resources', 'icons', 'icon.png');
/** Chromium's own files, and with them the lock of the single instance: one for each data directory. */
const profile = join(home.data, 'electron');

/** Serves the built app and what previews show on its own scheme, with the policies that the browser host uses too. */
function serveApp(core: FileBodies): void {
  const staticApp = createStaticApp(rendererRoot);
  protocol.handle(appScheme, async (request) => {
    if (request.method !== 'GET' || !isAppUrl(request.url)) return new Response(null, { status: 403 });
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${browserHost.previewPath}/`)) return servePreview(core, pathname, request);
    const answer = await staticApp.answer(pathname);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: { ...answer.headers } });
  });
}

/** Opens the window, or brings the one that there is to the front. */
function focusWindow(options: WindowOptions): void {
  const window = BrowserWindow.getAllWindows()[0];
  if (!window) return void openWindow(options);
  if (window.isMinimized()) window.restore();
  window.focus();
}

/**
 * Quits only when transfers stand at a checkpoint and the database is closed; jobs run on. Who asks again meanwhile waits
 * for the same end.
 */
function closeWithApp(close: () => Promise<void>): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    close()
      .catch((error: unknown) => dialog.showErrorBox('Stowage', toStowageError(error).message))
      .finally(() => {
        state = 'closed';
        app.quit();
      });
  });
}

async function start(): Promise<void> {
  const keychain = await openKeychain(home.data);
  const core = await openCore({ home: home.data, localRoot: home.localRoot, shell: 'electron', keychain });
  const { log } = core;
  const onRefused = (error: unknown): void => log.error('a message was refused', error);
  const control = await startControlSocket({ home: home.data, router: core.router, bodies: core });
  closeWithApp(async () => {
    await control.close();
    await core.close();
  });
  denyPermissions(session.defaultSession);
  serveApp(core);
  serveContract(core.router, onRefused);
  offerNative({ onRefused, handovers: core.handovers, dragIcon: appIcon, isPublishedPort: core.isPublishedPort });
  installMenu();
  const options: WindowOptions = {
    home: home.data,
    preload: join(packageRoot(), 'out', 'preload', 'preload.cjs'),
    icon: appIcon,
    onError: log.error,
  };
  openWindow(options);
  app.on('second-instance', () => focusWindow(options));
  app.on('activate', () => focusWindow(options));
  await core.start();
}

/** Everything that Electron wants to be told before it is ready. */
function prepare(): void {
  app.setName('Stowage');
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  app.setPath('userData', profile);
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true, stream: true } },
  ]);
  denyNavigation();
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

function fail(thrown: unknown): void {
  const error = toStowageError(thrown);
  dialog.showErrorBox('Stowage cannot start', [error.message, error.data.hint, error.data.detail].filter(Boolean).join('\n\n'));
  app.exit(1);
}

try {
  prepare();
  // Not awaited: Electron is ready only after this module has run to its end.
  if (app.requestSingleInstanceLock()) app.whenReady().then(start).catch(fail);
  else app.quit();
} catch (error) {
  fail(error);
}
