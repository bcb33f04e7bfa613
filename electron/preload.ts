import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { DesktopBridge, MenuCommand } from '#shared/bridge.ts';
import { channels } from './shell/channels.ts';

/** This document's own name for its conversation: what was meant for the page before a reload is not taken for an answer. */
const conversation = crypto.randomUUID();

/** The one thing a page sees of Electron. No channel name and no event object crosses. */
const bridge: DesktopBridge = {
  rpc: {
    send: (message) => ipcRenderer.send(channels.rpc, conversation, message),
    onMessage: (listener) => {
      ipcRenderer.on(channels.rpc, (_event, of: string, message: string | ArrayBuffer) => {
        if (of !== conversation) return;
        listener(message);
        ipcRenderer.send(channels.rpcTaken, conversation, typeof message === 'string' ? message.length : message.byteLength);
      });
    },
  },
  pathOf: (file) => webUtils.getPathForFile(file as Parameters<typeof webUtils.getPathForFile>[0]),
  chooseFiles: (options) => ipcRenderer.invoke(channels.chooseFiles, options) as Promise<string[]>,
  chooseFolder: (options) => ipcRenderer.invoke(channels.chooseFolder, options) as Promise<string | null>,
  showInFolder: (path) => ipcRenderer.invoke(channels.showInFolder, path) as Promise<void>,
  openPrepared: (ticket) => ipcRenderer.invoke(channels.openPrepared, ticket) as Promise<void>,
  startDrag: (ticket) => ipcRenderer.invoke(channels.startDrag, ticket) as Promise<void>,
  openExternal: (url) => ipcRenderer.invoke(channels.openExternal, url) as Promise<void>,
  setProgress: (fraction) => void ipcRenderer.invoke(channels.setProgress, fraction),
  onMenu: (listener) => {
    ipcRenderer.on(channels.menu, (_event, command: MenuCommand) => listener(command));
  },
};

contextBridge.exposeInMainWorld('stowageDesktop', bridge);
