import { RPCHandler } from '@orpc/server/ws';
import { ipcMain, type WebContents } from 'electron';
import { StowageError } from '#shared/errors.ts';
import { createPacer } from '../pacing.ts';
import type { Router } from '../rpc/router.ts';
import { isProtocolMessage, maxMessageBytes } from '../rpc/websocket.ts';
import { channels } from './channels.ts';
import { checkSender, type ReportRefusal } from './security.ts';

/** What the RPC library uses of a socket; here it is a window's IPC channel, so that every message's sender is checked. */
interface Socket {
  /** The library awaits what it returns. */
  send(message: string | Uint8Array): Promise<void>;
  addEventListener(type: 'message' | 'close', listener: never): void;
}

interface Listeners {
  message?: (event: { data: string }) => void;
  close?: () => void;
}

/** What one document and the core say to each other. */
interface Conversation {
  readonly id: string;
  receive(message: string): void;
  taken(length: number): void;
  end(): void;
}

/** More than this not yet taken by a page, and its streams wait before they pull their next event. */
const maxUnderWay = 1024 * 1024;

const conversationId = /^[\da-f-]{36}$/;

/**
 * Binds the router to every window of the app. A message from any other sender, or that is none of the protocol, reaches
 * no handler and is told to `onRefused`. Each document has a conversation of its own, whose calls are cancelled when
 * another document takes its place or its process ends; a page that reads slowly makes its streams wait.
 */
export function serveContract(router: Router, onRefused: ReportRefusal): void {
  const handler = new RPCHandler(router);
  const conversations = new Map<number, Conversation>();

  ipcMain.on(channels.rpc, (event, id: unknown, message: unknown) => {
    try {
      checkSender(event);
      conversationOf(event.sender, checkedId(id)).receive(checkedMessage(message));
    } catch (error) {
      onRefused(error);
    }
  });

  ipcMain.on(channels.rpcTaken, (event, id: unknown, length: unknown) => {
    try {
      checkSender(event);
      const conversation = conversations.get(event.sender.id);
      if (conversation && conversation.id === id && typeof length === 'number' && length > 0) conversation.taken(length);
    } catch (error) {
      onRefused(error);
    }
  });

  function conversationOf(contents: WebContents, id: string): Conversation {
    const known = conversations.get(contents.id);
    if (known?.id === id) return known;
    if (known) known.end();
    else watch(contents);
    const begun = converse(handler, contents, id);
    conversations.set(contents.id, begun);
    return begun;
  }

  // Not `did-start-navigation`: that is emitted too for a navigation which is then prevented, and the page stays.
  function watch(contents: WebContents): void {
    const end = (): void => conversations.get(contents.id)?.end();
    contents.on('did-navigate', end);
    contents.on('render-process-gone', end);
    contents.once('destroyed', () => {
      end();
      conversations.delete(contents.id);
    });
  }
}

function converse(handler: RPCHandler<Record<never, never>>, contents: WebContents, id: string): Conversation {
  const listeners: Listeners = {};
  const pacer = createPacer(maxUnderWay);
  let ended = false;
  const socket: Socket = {
    send: async (message) => {
      if (ended || contents.isDestroyed()) return;
      contents.send(channels.rpc, id, message);
      await pacer.sent(message.length);
    },
    addEventListener: (type, listener) => {
      listeners[type] = listener;
    },
  };
  // The library uses these two members in exactly this way.
  void handler.upgrade(socket as unknown as Parameters<typeof handler.upgrade>[0]);
  return {
    id,
    receive: (message) => listeners.message?.({ data: message }),
    taken: pacer.taken,
    end: () => {
      if (ended) return;
      ended = true;
      pacer.end();
      listeners.close?.();
    },
  };
}

function checkedId(id: unknown): string {
  if (typeof id === 'string' && conversationId.test(id)) return id;
  throw new StowageError('bad-request', 'A message of no conversation was refused.');
}

function checkedMessage(message: unknown): string {
  if (typeof message === 'string' && message.length <= maxMessageBytes && isProtocolMessage(message)) return message;
  throw new StowageError('bad-request', 'A message that is none of the contract was refused.');
}
