import { app, type BaseWindow, BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '#shared/bridge.ts';
import { channels } from './channels.ts';

/** The application menu; its own commands go to the window's page. */
export function installMenu(): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(process.platform === 'darwin')));
}

function item(label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions {
  return {
    label,
    ...(accelerator && { accelerator }),
    click: (_item, window: BaseWindow | undefined) => {
      const target = window instanceof BrowserWindow ? window : BrowserWindow.getAllWindows()[0];
      target?.webContents.send(channels.menu, command);
    },
  };
}

/** Exported for tests: the menu as data. */
export function template(mac: boolean): MenuItemConstructorOptions[] {
  const development: MenuItemConstructorOptions[] = app.isPackaged
    ? []
    : [{ role: 'reload' }, { role: 'toggleDevTools' }, { type: 'separator' }];
  return [
    ...(mac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
    {
      label: 'File',
      submenu: [
        item('New vfolder…', 'new-vfolder', 'CmdOrCtrl+N'),
        item('Upload…', 'upload', 'CmdOrCtrl+U'),
        { type: 'separator' },
        { role: mac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        item('Files', 'files', 'CmdOrCtrl+1'),
        item('Launch', 'launch', 'CmdOrCtrl+2'),
        item('Jobs', 'jobs', 'CmdOrCtrl+3'),
        item('Settings', 'settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        item('Command palette…', 'palette', 'CmdOrCtrl+K'),
        item('Transfers', 'toggle-transfers'),
        { type: 'separator' },
        ...development,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ];
}
