import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStaticApp, type StaticApp } from './static-app.ts';

let folder: string;
let app: StaticApp;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-static-'));
  const root = join(folder, 'renderer');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(
    join(root, 'index.html'),
    '<!doctype html><html><head><meta name="csp-nonce" content=""><title>S</title></head></html>',
  );
  writeFileSync(join(root, 'assets', 'index-BxY12_-9.js'), 'export {};');
  writeFileSync(join(root, 'icon.svg'), '<svg/>');
  app = createStaticApp(root);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gives the page a fresh nonce each time, in its policy and in itself', async () => {
  const nonces = new Set<string>();
  for (const path of ['/', '/index.html', '/']) {
    const { status, headers, body } = await app.answer(path, ['ws://127.0.0.1:1']);
    const policy = headers['content-security-policy'] ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(status).toBe(200);
    expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
    expect(Buffer.from(body).toString()).toContain(`<meta name="csp-nonce" content="${nonce}">`);
    expect(policy).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; font-src 'self'; ` +
        `connect-src 'self' ws://127.0.0.1:1; media-src 'self' blob:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

it('lets browsers keep files whose names change with their contents, and no others', async () => {
  const hashed = await app.answer('/assets/index-BxY12_-9.js');
  expect(hashed.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  const icon = await app.answer('/icon.svg');
  expect(icon.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
  expect(icon.headers['content-security-policy']).toContain('sandbox');
});

it.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/../../secret.txt',
  '/assets/..\\..\\secret.txt',
  '//etc/passwd',
  '/etc/passwd',
  '/assets',
  '/assets/',
  '/__proto__',
  '',
  '/index.html\0',
])('gives nothing for %j', async (path) => {
  expect(app.has(path)).toBe(false);
  const { status, body } = await app.answer(path);
  expect(status).toBe(404);
  expect(Buffer.from(body).toString()).not.toContain('outside');
});

it('serves the files of a new build from the next look at its page on', async () => {
  const root = join(folder, 'rebuilt');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<html><head></head></html>');
  const rebuilt = createStaticApp(root);
  writeFileSync(join(root, 'assets', 'new-12345678.js'), '1');
  writeFileSync(join(root, 'index.html'), '<html><head></head>new</html>');
  utimesSync(join(root, 'index.html'), 2e9, 2e9);
  expect(Buffer.from((await rebuilt.answer('/')).body).toString()).toContain('new');
  expect(rebuilt.has('/assets/new-12345678.js')).toBe(true);
});

it('says that the renderer is not built', () => {
  expect(() => createStaticApp(join(folder, 'nowhere'))).toThrow(/page is missing/);
});
