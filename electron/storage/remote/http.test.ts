import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpClient, type HttpClient } from './http.ts';

let server: Server;
let client: HttpClient;

beforeEach(async () => {
  const body = Buffer.alloc(64 * 1024, 7);
  server = createServer((_request, response) => response.writeHead(200, { 'content-length': body.length }).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createHttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

it('survives a reader that gives up in the moment in which the last byte has come', async () => {
  for (let round = 0; round < 20; round += 1) {
    const abort = new AbortController();
    const answer = await client.send({ method: 'GET', path: '/', headers: {}, signal: abort.signal });
    let length = 0;
    for await (const chunk of answer.body()) {
      length += chunk.length;
      if (length < 64 * 1024) continue;
      abort.abort();
      break;
    }
    expect(length).toBe(64 * 1024);
    // What a connection tells too late comes in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
});
