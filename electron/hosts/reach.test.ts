import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { deadPort, type FakeService, listen, serve } from './fake-service.fixture.ts';
import { azureAt, openBench } from './hosts.fixture.ts';
import { reach } from './reach.ts';

const services: FakeService[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(services.splice(0).map((service) => service.stop()));
});
const started = async (service: Promise<FakeService>): Promise<number> => {
  services.push(await service);
  return (await service).port;
};
const knock = (address: string, timeoutMs = 1000) => reach(address, { signal: new AbortController().signal, timeoutMs });

it.each([200, 301, 403, 500])('takes any answer for an answer: %i', async (status) => {
  const port = await started(serve((_request, response) => response.writeHead(status).end()));
  expect(await knock(`http://127.0.0.1:${port}`)).toMatchObject({ answered: true, skewMs: expect.any(Number) });
});

it('tells how far the clocks are apart', async () => {
  const date = new Date();
  const port = await started(serve((_request, response) => response.setHeader('date', date.toUTCString()).end()));
  const hoursAhead = async (): Promise<number> => {
    const { skewMs } = (await knock(`http://127.0.0.1:${port}`)) as { skewMs: number };
    return Math.round(skewMs / 60_000) / 60;
  };
  expect(await hoursAhead()).toBeCloseTo(0);
  vi.useFakeTimers({ toFake: ['Date'], now: date.getTime() + 2 * 3600_000 });
  expect(await hoursAhead()).toBe(-2);
});

it('tells what is wrong with an address that does not answer, each in its own words', async () => {
  const dead = await deadPort();
  const plain = await started(serve((_request, response) => response.end()));
  const silent = await started(listen(() => undefined));
  const rude = await started(listen((socket) => socket.end('220 mail.example ESMTP\r\n')));
  const found = [
    await knock(`http://127.0.0.1:${dead}`),
    await knock('http://nobody.invalid'),
    await knock(`http://127.0.0.1:${silent}`, 300),
    await knock(`https://127.0.0.1:${plain}`),
    await knock(`http://127.0.0.1:${rude}`),
  ];
  const messages = found.map((contact) => (contact.answered ? 'answered' : contact.message));
  expect(messages).toEqual([
    `Nothing listens at “127.0.0.1:${dead}”.`,
    expect.stringMatching(/“nobody\.invalid”/),
    expect.stringContaining('does not answer within'),
    `“127.0.0.1:${plain}” does not speak https.`,
    expect.stringContaining('does not answer in http'),
  ]);
  for (const contact of found) expect(contact).toMatchObject({ hint: expect.stringMatching(/\.$/) });
});

it('does not trust a certificate that nobody knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => response.end());
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await knock(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)).toMatchObject({
      answered: false,
      message: expect.stringMatching(/cannot be trusted: its certificate is/),
    });
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

it('ends the test of a silent host within its time, and at once when it is cancelled', async () => {
  const port = await started(listen(() => undefined));
  const bench = openBench();
  try {
    const began = performance.now();
    const checks = await bench.tryAttach(azureAt(port));
    expect(performance.now() - began).toBeLessThan(11_000);
    expect(checks).toMatchObject({
      reach: { state: 'error', message: expect.stringContaining('does not answer within') },
      credentials: { state: 'skipped' },
      list: { state: 'skipped' },
      write: { state: 'skipped' },
    });
    const stop = new AbortController();
    const cancelled = bench.hosts.service.test({ attach: azureAt(port) }, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    const from = performance.now();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - from).toBeLessThan(2000);
  } finally {
    await bench.close();
  }
});
