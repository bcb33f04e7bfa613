import { join } from 'node:path';
import { app, BrowserWindow, dialog, protocol, session } from 'electron';
import { type StowageError, toStowageError } from '#shared/errors.ts';
import { findHome, packageRoot } from './app/home.ts';
import { type Core, openCore } from './core.ts';
import { startControlSocket } from './rpc/control-socket.ts';
import { installMenu } from './shell/menu.ts';
import { offerNative } from './shell/native.ts';
import { appScheme, isAppUrl } from './shell/origin.ts';
import { serveContract } from './shell/rpc-port.ts';
import { denyNavigation, denyPermissions } from './shell/security.ts';
import { openWindow } from './shell/window.ts';
import { createStaticApp } from './static-app.ts';

const home = findHome();
const rendererRoot = join(packageRoot(), 'out', 'renderer');
const preload = join(packageRoot(), 'out', 'preload', 'preload.cjs');

/** Serves the built app on its own scheme, with the policy that the browser host uses too. */
function serveApp(): void {
  const staticApp = createStaticApp(rendererRoot);
  protocol.handle(appScheme, async (request) => {
    if (request.method !== 'GET' || !isAppUrl(request.url)) return new Response(null, { status: 403 });
    const answer = await staticApp.answer(new URL(request.url).pathname);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: { ...answer.headers } });
  });
}

function focusWindow(): void {
  const window = BrowserWindow.getAllWindows()[0];
  if (!window) return void openWindow({ home: home.data, preload });
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** Quits only when transfers stand at a checkpoint and the database is closed; jobs run on. */
function closeWithApp(close: () => Promise<void>): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    closed = true;
    close()
      .catch((error: unknown) => dialog.showErrorBox('Stowage', toStowageError(error).message))
      .finally(() => app.quit());
  });
}

async function openCoreOrSay(): Promise<Core | null> {
  try {
    return await openCore({ home: home.data, localRoot: home.localRoot, shell: 'electron' });
  } catch (thrown) {
    const error: StowageError = toStowageError(thrown);
    dialog.showErrorBox('Stowage cannot start', [error.message, error.data.hint, error.data.detail].filter(Boolean).join('\n\n'));
    return null;
  }
}

async function start(): Promise<void> {
  const core = await openCoreOrSay();
  if (!core) return app.exit(1);
  const control = await startControlSocket({ home: home.data, router: core.router });
  closeWithApp(async () => {
    await control.close();
    await core.close();
  });
  denyPermissions(session.defaultSession);
  serveApp();
  serveContract(core.router, (error) => console.error(error));
  offerNative();
  installMenu();
  openWindow({ home: home.data, preload });
  app.on('second-instance', focusWindow);
  app.on('activate', focusWindow);
  await core.start();
}

app.setName('Stowage');
app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);
denyNavigation();
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});

// Not awaited: Electron is ready only after this module has run to its end.
if (app.requestSingleInstanceLock()) {
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => {
      dialog.showErrorBox('Stowage cannot start', toStowageError(error).message);
      app.exit(1);
    });
} else app.quit();
