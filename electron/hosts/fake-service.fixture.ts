import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';

export interface FakeService {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** A port that takes connections; `answer` gets each of them. */
export async function listen(answer: (socket: Socket) => void): Promise<FakeService> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createSocketServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A service that answers every request the same way. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<FakeService> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port at which nothing listens. */
export async function deadPort(): Promise<number> {
  const { port, stop } = await listen(() => undefined);
  await stop();
  return port;
}
