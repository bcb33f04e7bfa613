/** Serves the app's custom scheme over loopback http, since Chromium cannot be taught a scheme from outside. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

type Handler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, Handler>();
/** `app://stowage/x` is `http://stowage.app.localhost/x` in this Chromium: a secure context of its own. */
export const appHostName = 'stowage.app.localhost';

export function handle(scheme: string, handler: Handler): void {
  handlers.set(scheme, handler);
}

/** The address that Chromium loads for a URL of the app's scheme; other addresses as they are. */
export const toReal = (url: string): string => url.replace(/^app:\/\/stowage/, `http://${appHostName}`);
/** The address that main.ts is told for one that Chromium loaded. */
export const toApp = (url: string): string => url.replace(`http://${appHostName}`, 'app://stowage');

/** Listens on loopback; returns the port. */
export function serveProtocols(): Promise<number> {
  const server = createServer(async (request, response) => {
    try {
      const handler = handlers.get('app');
      if (!handler || request.headers.host !== appHostName) return void response.writeHead(404).end();
      const answer = await handler(
        new Request(`app://stowage${request.url}`, {
          method: request.method ?? 'GET',
          headers: request.headers.range ? { range: request.headers.range } : {},
        }),
      );
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (answer.body) Readable.fromWeb(answer.body as NodeReadableStream).pipe(response);
      else response.end();
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.unref();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}
