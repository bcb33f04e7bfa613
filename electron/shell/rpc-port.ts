import { RPCHandler } from '@orpc/server/message-port';
import { ipcMain, type WebContents } from 'electron';
import { toStowageError } from '#shared/errors.ts';
import type { Router } from '../rpc/router.ts';
import { channels } from './channels.ts';
import { checkSender } from './security.ts';

/** What the RPC library wants of a port; here it is a window's IPC channel, so that every message's sender is checked. */
interface Port {
  postMessage(message: unknown): void;
  readonly onMessage: { addListener(listener: (message: unknown) => void): void };
  readonly onDisconnect: { addListener(listener: () => void): void };
}

const maxMessageLength = 1024 * 1024;

/** Binds the router to every window of the app; a message from any other sender is refused, and told to `onRefused`. */
export function serveContract(router: Router, onRefused: (error: unknown) => void): void {
  const handler = new RPCHandler(router);
  const ports = new Map<number, (message: unknown) => void>();
  ipcMain.on(channels.rpc, (event, message: unknown) => {
    try {
      checkSender(event);
      if (typeof message !== 'string' || message.length > maxMessageLength) return;
      portOf(event.sender)(message);
    } catch (error) {
      onRefused(toStowageError(error));
    }
  });

  function portOf(contents: WebContents): (message: unknown) => void {
    const known = ports.get(contents.id);
    if (known) return known;
    const messages: ((message: unknown) => void)[] = [];
    const ends: (() => void)[] = [];
    const port: Port = {
      postMessage: (message) => {
        if (!contents.isDestroyed()) contents.send(channels.rpc, message);
      },
      onMessage: { addListener: (listener) => messages.push(listener) },
      onDisconnect: { addListener: (listener) => ends.push(listener) },
    };
    const end = (): void => {
      ports.delete(contents.id);
      for (const listener of ends) listener();
    };
    // A reload begins a new conversation; what the old page listened to must end with it.
    contents.once('destroyed', end);
    contents.on('did-start-navigation', (details) => {
      if (details.isMainFrame && !details.isSameDocument) end();
    });
    handler.upgrade(port as Parameters<typeof handler.upgrade>[0]);
    const receive = (message: unknown): void => {
      for (const listener of messages) listener(message);
    };
    ports.set(contents.id, receive);
    return receive;
  }
}
