import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../shared/contract/hosts.ts';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { HostsPage } from '../pages/hosts-page.ts';

test.skip(({ shell }) => shell !== 'double', 'the keychain is that of the double of Electron');

const secret = 'planted+secret/access/key/nobody/may/find';

/** A host that nobody answers for, added through the running app. */
async function addHost(home: string): Promise<void> {
  const added = await stowage(
    home,
    ['host', 'add', 's3', 'lab', '--endpoint', 'http://127.0.0.1:9', '--access-key-id', 'AKIALAB', '--force'],
    { env: { AWS_SECRET_ACCESS_KEY: secret } },
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
}

async function secretPlace(home: string): Promise<string | undefined> {
  const { stdout } = await stowage(home, ['host', 'list', '--json']);
  return (JSON.parse(stdout) as Host[]).find(({ name }) => name === 'lab')?.secret;
}

/** The files of the data directory in which the secret stands, in any usual encoding. */
async function whereFound(home: string): Promise<string[]> {
  const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  const found: string[] = [];
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), 'latin1').catch(() => '');
    if (forms.some((form) => text.includes(form))) found.push(entry.name);
  }
  return found;
}

/** Expects the form for a host to say so of how its secret will be kept. */
async function expectWords(app: RunningApp, words: string): Promise<void> {
  const hosts = new HostsPage(app);
  await hosts.open();
  await hosts.startAdding('S3');
  await expect(hosts.addDialog).toContainText(words);
}

test.describe('with a keychain', () => {
  test('secrets survive a restart, stand nowhere in the data directory, and need the app', async ({ home, launch }) => {
    const app = await launch();
    await addHost(home);
    expect(await secretPlace(home)).toBe('keychain');
    await expectWords(app, 'GNOME keyring');
    await app.quit();
    expect(await whereFound(home)).toEqual([]);

    expect(await secretPlace(home)).toBe('missing');
    const tested = await stowage(home, ['host', 'test', 'lab']);
    expect(tested.stdout).toContain('was saved by the desktop app');

    await launch();
    expect(await secretPlace(home)).toBe('keychain');
    expect(await whereFound(home)).toEqual([]);
  });
});

test.describe('A22 without one', () => {
  test.use({ environment: { STOWAGE_DOUBLE_KEYCHAIN: 'basic_text' } });

  test('the user is warned, and secrets last until the app ends', async ({ home, launch }) => {
    const app = await launch();
    await addHost(home);
    expect(await secretPlace(home)).toBe('session');
    await expectWords(app, 'has no keychain');
    expect(existsSync(join(home, 'secrets.json'))).toBe(false);
    await app.quit();
    expect(await whereFound(home)).toEqual([]);
    await launch();
    expect(await secretPlace(home)).toBe('missing');
  });
});
