import { RPCHandler } from '@orpc/server/ws';
import type { RawData, WebSocket } from 'ws';
import type { Router } from './router.ts';

/** The largest message that a client may send: a text of 1 MiB that was edited, as JSON. Bodies of files never come this way. */
export const maxMessageBytes = 4 * 1024 * 1024;
/** More than this unsent on a socket, and its streams wait before they pull their next event. */
const maxBufferedBytes = 1024 * 1024;
const heartbeatMs = 30_000;

/** WebSocket close codes (RFC 6455 §7.4.1). */
const unsupportedData = 1003;
const invalidPayload = 1007;

/** What a listener of the RPC library hears from a socket. */
interface Listeners {
  message?: (event: { data: string }) => void;
  close?: () => void;
}

/**
 * Binds the router to connections of the library `ws`. Each call hears through its signal when its connection ends; a
 * client that reads slowly makes its streams wait instead of filling memory; a message that is none of the protocol
 * ends the connection.
 */
export function createSocketHandler(router: Router): (socket: WebSocket) => void {
  const handler = new RPCHandler(router);
  return (socket) => {
    const listeners: Listeners = {};
    const adapter = {
      send: (message: string | Uint8Array) => sendPaced(socket, message),
      addEventListener: (type: keyof Listeners, listener: never) => {
        listeners[type] = listener;
      },
    };
    // The library uses these two members in exactly this way, and awaits what `send` returns.
    void handler.upgrade(adapter as unknown as Parameters<typeof handler.upgrade>[0]);
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(unsupportedData, 'text only');
      const text = textOf(data);
      if (!isProtocolMessage(text)) return socket.close(invalidPayload, 'not a message of the contract');
      listeners.message?.({ data: text });
    });
    socket.on('close', () => listeners.close?.());
    // A socket that breaks ends with `close`, which is all that matters here.
    socket.on('error', () => socket.terminate());
    watch(socket);
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}

/** Sends, and answers at once while little waits; else when the message has left, or the socket has ended. */
function sendPaced(socket: WebSocket, message: string | Uint8Array): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    socket.send(message, () => resolve());
    if (socket.bufferedAmount <= maxBufferedBytes) resolve();
  });
}

/**
 * The envelope of the RPC library: an id, a type (1–4), a payload; a request has a path. Every transport asks this first:
 * the library throws at anything else, out of reach of its caller.
 */
export function isProtocolMessage(text: string): boolean {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isObject(message) || typeof message.i !== 'string') return false;
  const type = message.t ?? 1;
  if (type === 4) return true;
  const payload = message.p;
  if (!isObject(payload)) return false;
  if (type === 3) return typeof payload.e === 'string';
  return type === 1 && typeof payload.u === 'string' && payload.u.startsWith('/') && hasPlainHeaders(payload.h);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Headers would make the library build forms and files of a body; the contract has neither. */
const hasPlainHeaders = (headers: unknown): boolean =>
  headers === undefined || (isObject(headers) && Object.keys(headers).length === 0);

/** Ends a connection whose other side is gone without a word, e.g. a broken tunnel. */
function watch(socket: WebSocket): void {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, heartbeatMs);
  timer.unref();
  socket.on('close', () => clearInterval(timer));
}
