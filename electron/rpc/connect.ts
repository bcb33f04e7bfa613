import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { browserHost } from '#shared/bridge.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import { errorCodes, StowageError } from '#shared/errors.ts';
import { controlFile } from './control-socket.ts';

const addressSchema = z.object({ path: z.string(), key: z.string() });
const refusalSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  data: z.object({ subject: z.string().optional(), detail: z.string().optional(), hint: z.string().optional() }),
});
const handshakeMs = 3000;

/**
 * Connects to the core that runs on a data directory; null when none does. What a core that was killed left behind
 * is no core.
 */
export async function connectToCore(home: string): Promise<RunningCore | null> {
  const address = readAddress(home);
  if (!address) return null;
  const socket = new WebSocket(`ws://localhost${browserHost.rpcPath}`, [], {
    headers: { [browserHost.keyHeader]: address.key },
    createConnection: () => connect(address.path),
    handshakeTimeout: handshakeMs,
    perMessageDeflate: false,
  });
  // `close` follows every error, and tells the calls that are under way.
  socket.on('error', () => socket.terminate());
  if (!(await opened(socket))) return null;
  return {
    client: createSocketClient(socket),
    download: (ticket) => download(address, ticket),
    close: () => socket.close(),
  };
}

export interface RunningCore {
  readonly client: StowageClient;
  /** The bytes that a download ticket stands for; fails when the core breaks off. */
  download(ticket: string): Promise<AsyncIterable<Uint8Array>>;
  close(): void;
}

async function download(address: z.infer<typeof addressSchema>, ticket: string): Promise<AsyncIterable<Uint8Array>> {
  const sent = request({
    createConnection: () => connect(address.path),
    path: `${browserHost.downloadPath}/${ticket}`,
    headers: { [browserHost.keyHeader]: address.key },
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode === 200) return response;
  const told: Buffer[] = [];
  for await (const chunk of response) told.push(chunk as Buffer);
  const refused = refusalSchema.safeParse(JSON.parse(Buffer.concat(told).toString() || 'null'));
  if (refused.success) throw new StowageError(refused.data.code, refused.data.message, refused.data.data);
  throw new StowageError('io-error', 'The running Stowage did not send the file.');
}

function readAddress(home: string): z.infer<typeof addressSchema> | null {
  try {
    return addressSchema.parse(JSON.parse(readFileSync(controlFile(home), 'utf8')));
  } catch {
    // Missing, or half a file of a core that was killed: either way nobody listens there.
    return null;
  }
}

function opened(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
}

/** A client of the contract over an open socket of the library `ws`. A connection that ends fails what is under way with `io-error`. */
export function createSocketClient(socket: WebSocket): StowageClient {
  const explain = (error: unknown): unknown =>
    error instanceof ORPCError || socket.readyState === socket.OPEN
      ? error
      : new StowageError(
          'io-error',
          'The connection to the running Stowage ended.',
          { hint: 'Look whether it still runs, and try again.' },
          { cause: error },
        );
  const link = new RPCLink({
    // Of the DOM's WebSocket the link uses only the members that the library has too.
    websocket: socket as unknown as globalThis.WebSocket,
    interceptors: [
      async ({ next, signal }) => {
        try {
          const output = await next();
          return isAsyncIterator(output) ? withErrors(output, explain) : output;
        } catch (error) {
          throw signal?.aborted ? error : explain(error);
        }
      },
    ],
  });
  return createORPCClient(link);
}

const isAsyncIterator = (value: unknown): value is AsyncIteratorObject<unknown, unknown, void> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;

/** The same iterator with its failures explained. Not a generator: `return` must reach the source while `next` waits. */
function withErrors(
  source: AsyncIteratorObject<unknown, unknown, void>,
  explain: (error: unknown) => unknown,
): AsyncIteratorObject<unknown, unknown, void> {
  const guarded = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step;
    } catch (error) {
      throw explain(error);
    }
  };
  const ended = { done: true, value: undefined } as const;
  return {
    next: () => guarded(source.next()),
    return: async (value) => (source.return ? guarded(source.return(value)) : ended),
    throw: async (error) => (source.throw ? guarded(source.throw(error)) : ended),
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await source.return?.();
    },
  };
}
