import { EventEmitter } from 'node:events';
import type { WebContents, WebFrame } from './browser-window.ts';

export interface IpcEvent {
  readonly sender: WebContents;
  readonly senderFrame: WebFrame | null;
}

class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, (event: IpcEvent, ...args: unknown[]) => unknown>();

  handle(channel: string, handler: (event: IpcEvent, ...args: unknown[]) => unknown): void {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }
}

export const ipcMain = new IpcMain();

/** A message of a preload: `send` has no answer, `invoke` one. Errors cross as their message only, as in Electron. */
export async function receive(
  event: IpcEvent,
  message: { kind: 'send' | 'invoke'; channel: string; args: unknown[] },
): Promise<{ value?: unknown; error?: string }> {
  if (message.kind === 'send') {
    ipcMain.emit(message.channel, event, ...message.args);
    return {};
  }
  const handler = ipcMain.handlers.get(message.channel);
  if (!handler) return { error: `No handler registered for '${message.channel}'` };
  try {
    return { value: await handler(event, ...message.args) };
  } catch (error) {
    return { error: `Error invoking remote method '${message.channel}': ${error}` };
  }
}
