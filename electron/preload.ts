import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { DesktopBridge, MenuCommand } from '#shared/bridge.ts';
import { channels } from './shell/channels.ts';

/** The one thing a page sees of Electron. No channel name and no event object crosses. */
const bridge: DesktopBridge = {
  rpc: {
    send: (message) => ipcRenderer.send(channels.rpc, message),
    onMessage: (listener) => {
      ipcRenderer.on(channels.rpc, (_event, message: string | ArrayBuffer) => listener(message));
    },
  },
  pathOf: (file) => webUtils.getPathForFile(file as Parameters<typeof webUtils.getPathForFile>[0]),
  chooseFiles: (options) => ipcRenderer.invoke(channels.chooseFiles, options) as Promise<string[]>,
  chooseFolder: (options) => ipcRenderer.invoke(channels.chooseFolder, options) as Promise<string | null>,
  showInFolder: (path) => ipcRenderer.invoke(channels.showInFolder, path) as Promise<void>,
  openExternal: (url) => ipcRenderer.invoke(channels.openExternal, url) as Promise<void>,
  setProgress: (fraction) => void ipcRenderer.invoke(channels.setProgress, fraction),
  onMenu: (listener) => {
    ipcRenderer.on(channels.menu, (_event, command: MenuCommand) => listener(command));
  },
};

contextBridge.exposeInMainWorld('stowageDesktop', bridge);
