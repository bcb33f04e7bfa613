/** What main.ts may import from `electron`; anything else fails at import, as it should. */
import { EventEmitter } from 'node:events';
import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import { ipcMain } from './ipc.ts';
import { handle } from './protocol-server.ts';
import { control, report } from './test-control.ts';

export { app, BrowserWindow, ipcMain };

export const protocol = {
  registerSchemesAsPrivileged: (schemes: unknown): void => report({ type: 'schemes', schemes }),
  handle,
};

interface Permissions {
  request:
    | ((contents: unknown, permission: string, callback: (granted: boolean) => void, details: { requestingUrl: string }) => void)
    | null;
  check: ((...args: unknown[]) => boolean) | null;
  device: ((...args: unknown[]) => boolean) | null;
}
export const permissions: Permissions = { request: null, check: null, device: null };

export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler: Permissions['request']): void => {
      permissions.request = handler;
    },
    setPermissionCheckHandler: (handler: Permissions['check']): void => {
      permissions.check = handler;
    },
    setDevicePermissionHandler: (handler: Permissions['device']): void => {
      permissions.device = handler;
    },
  },
};

/** Asks the installed handlers about a permission, as Chromium would for a page. */
control.on('permission', ({ permission, page }: { permission: string; page: string }, reply: (answer: unknown) => void) => {
  const checked = permissions.check?.(null, permission, page, {}) ?? true;
  const device = permissions.device?.({ deviceType: 'hid', origin: page }) ?? true;
  if (!permissions.request) return reply({ requested: true, checked, device });
  permissions.request(null, permission, (requested) => reply({ requested, checked, device }), { requestingUrl: page });
});

/** What Linux's Electron would say it found; `STOWAGE_DOUBLE_KEYCHAIN=basic_text` is a desktop without a keychain. */
const storageBackend = process.env.STOWAGE_DOUBLE_KEYCHAIN ?? 'gnome_libsecret';
const scramble = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x5a));

/** Not real: no keychain is asked, and what it calls encrypted is scrambled only. */
export const safeStorage = {
  getSelectedStorageBackend: (): string => storageBackend,
  isAsyncEncryptionAvailable: async (): Promise<boolean> => true,
  encryptStringAsync: async (text: string): Promise<Buffer> => scramble(Buffer.from(text)),
  decryptStringAsync: async (bytes: Uint8Array) => ({ shouldReEncrypt: false, result: scramble(bytes).toString() }),
};

const dialogAnswers: string[][] = [];
control.on('dialog', (paths: string[], reply: (answer: unknown) => void) => {
  dialogAnswers.push(paths);
  reply(null);
});

export const dialog = {
  showOpenDialog: async (_window: unknown, options: { title?: string; properties?: string[] }) => {
    report({ type: 'open-dialog', title: options.title, properties: options.properties });
    const filePaths = dialogAnswers.shift() ?? [];
    return { canceled: filePaths.length === 0, filePaths };
  },
  showErrorBox: (title: string, content: string): void => {
    report({ type: 'error-box', title, content });
    process.stderr.write(`${title}: ${content}\n`);
  },
};

export const shell = {
  openExternal: async (url: string): Promise<void> => report({ type: 'open-external', url }),
  showItemInFolder: (path: string): void => report({ type: 'show-in-folder', path }),
  openPath: async (path: string): Promise<string> => {
    report({ type: 'open-path', path });
    return '';
  },
};

/** A picture as its file and width: nothing is drawn. */
export const nativeImage = {
  createFromPath: (path: string) => ({ resize: ({ width }: { width: number }) => ({ path, width }) }),
};

interface MenuTemplate {
  label?: string;
  role?: string;
  submenu?: MenuTemplate[];
  click?: (item: unknown, window: unknown) => void;
}
let menu: MenuTemplate[] = [];
export const Menu = {
  buildFromTemplate: (template: MenuTemplate[]): MenuTemplate[] => template,
  setApplicationMenu: (template: MenuTemplate[]): void => {
    menu = template;
  },
};
/** Clicks an item of the application menu by its labels. */
control.on('menu', (labels: string[], reply: (answer: unknown) => void) => {
  let items: MenuTemplate[] = menu;
  let found: MenuTemplate | undefined;
  for (const label of labels) {
    found = items.find((item) => item.label === label);
    items = found?.submenu ?? [];
  }
  found?.click?.(found, BrowserWindow.getAllWindows()[0]);
  reply(found !== undefined);
});

export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false });
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };
