/** Serves the app's custom scheme over loopback http, since Chromium cannot be taught a scheme from outside. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { BrowserContext } from 'playwright';

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

async function answer(path: string, method: string, range: string | undefined): Promise<Response> {
  const handler = handlers.get('app');
  if (!handler) return new Response(null, { status: 404 });
  return handler(new Request(`app://stowage${path}`, { method, headers: range ? { range } : {} }));
}

/** Listens on loopback; returns the port. */
export function serveProtocols(): Promise<number> {
  const server = createServer(async (request, response) => {
    try {
      if (request.headers.host !== appHostName) return void response.writeHead(404).end();
      const { status, headers, body } = await answer(request.url ?? '/', request.method ?? 'GET', request.headers.range);
      response.writeHead(status, Object.fromEntries(headers));
      if (body) Readable.fromWeb(body as NodeReadableStream).pipe(response);
      else response.end();
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.unref();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

/**
 * Answers for the page and its parts without a network, as a scheme of the app's own does: Chromium breaks off what comes over
 * one whenever an interface comes or goes, as with every container. Media, asked for in ranges, come from the server.
 */
export const withoutNetwork = (context: BrowserContext): Promise<unknown> =>
  context.route(
    ({ host, pathname }) => host === appHostName && (pathname === '/' || pathname.startsWith('/assets/')),
    async (route) => {
      const request = route.request();
      const found = await answer(new URL(request.url()).pathname, request.method(), undefined);
      const body = Buffer.from(await found.arrayBuffer());
      await route.fulfill({ status: found.status, headers: Object.fromEntries(found.headers), body });
    },
  );
