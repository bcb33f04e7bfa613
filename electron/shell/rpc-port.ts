import { RPCHandler } from '@orpc/server/message-port';
import { ipcMain, type WebContents } from 'electron';
import { StowageError } from '#shared/errors.ts';
import type { Router } from '../rpc/router.ts';
import { isProtocolMessage, maxMessageBytes } from '../rpc/websocket.ts';
import { channels } from './channels.ts';
import { checkSender, type ReportRefusal } from './security.ts';

/** What the RPC library wants of a port; here it is a window's IPC channel, so that every message's sender is checked. */
interface Port {
  postMessage(message: unknown): void;
  readonly onMessage: { addListener(listener: (message: unknown) => void): void };
  readonly onDisconnect: { addListener(listener: () => void): void };
}

/** What one document and the core say to each other. */
interface Conversation {
  readonly id: string;
  receive(message: string): void;
  end(): void;
}

const conversationId = /^[\da-f-]{36}$/;

/**
 * Binds the router to every window of the app. A message from any other sender, or that is none of the protocol, reaches
 * no handler and is told to `onRefused`. Each document has a conversation of its own, whose calls are cancelled when
 * another document takes its place or its process ends.
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
  const messages: ((message: unknown) => void)[] = [];
  const ends: (() => void)[] = [];
  let ended = false;
  const port: Port = {
    postMessage: (message) => {
      if (!ended && !contents.isDestroyed()) contents.send(channels.rpc, id, message);
    },
    onMessage: { addListener: (listener) => messages.push(listener) },
    onDisconnect: { addListener: (listener) => ends.push(listener) },
  };
  handler.upgrade(port as Parameters<typeof handler.upgrade>[0]);
  return {
    id,
    receive: (message) => {
      for (const listener of messages) listener(message);
    },
    end: () => {
      if (ended) return;
      ended = true;
      for (const listener of ends) listener();
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
