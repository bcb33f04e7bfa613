import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host } from '#shared/contract/hosts.ts';
import { type Azurite, type EmulatedAccount, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { builtCli } from './built-cli.fixture.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 120_000 });

let cli: string;
let azurite: Azurite;
let account: EmulatedAccount;
let base: string;
beforeAll(async () => {
  cli = await builtCli();
  azurite = await startAzurite();
}, 120_000);
afterAll(() => azurite?.stop());
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stowage-host-cli-'));
  account = azurite.nextAccount();
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: base,
  TERM: 'dumb',
  STOWAGE_HOME: join(base, 'home'),
  XDG_CONFIG_HOME: join(base, 'config'),
  ...more,
});

async function stowage(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { env: environment(options.env), stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(options.input ?? '');
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, out, err };
}

const hosts = async (): Promise<Host[]> => JSON.parse((await stowage(['host', 'list', '--json'])).out);
const where = (): string[] => ['--account', account.name, '--endpoint', account.endpoint];

describe('secrets of Azure hosts', () => {
  it('come from standard input; where they are kept is told, and nothing prints them', async () => {
    const added = await stowage(['host', 'add', 'azure', 'lab', ...where(), '--key-stdin'], { input: `${account.key}\n` });
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toContain(`Added lab: ${account.endpoint.replace('http://', '')}.`);
    expect(added.out).toContain(join(base, 'config', 'stowage', 'secrets.key'));
    const listed = await stowage(['host', 'list', '--json']);
    expect(JSON.parse(listed.out)[1]).toMatchObject({ name: 'lab', secret: 'file', status: { state: 'ok' } });
    expect(added.out + listed.out).not.toContain(account.key);
    expect((await stowage(['vfolder', 'create', 'on-lab', 'lab'])).code).toBe(0);
    expect((await stowage(['vfolder', 'list-hosts'])).out).toMatch(/lab\s+azure-blob\s+\S+\s+1\s+ok/);
  });

  it('come from the environment, by each of the names that Azure’s own tools use', async () => {
    const connection = `DefaultEndpointsProtocol=http;AccountName=${account.name};AccountKey=${account.key};BlobEndpoint=${account.endpoint};`;
    const byString = await stowage(['host', 'add', 'azure', 'one'], { env: { AZURE_STORAGE_CONNECTION_STRING: connection } });
    expect(byString).toMatchObject({ code: 0, err: '' });
    const byKey = await stowage(['host', 'add', 'azure', 'two', '--endpoint', account.endpoint], {
      env: { AZURE_STORAGE_ACCOUNT: account.name, AZURE_STORAGE_KEY: account.key },
    });
    expect(byKey).toMatchObject({ code: 0, err: '' });
    const sas = `sv=2024-11-04&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig=${encodeURIComponent(Buffer.alloc(32, 4).toString('base64'))}`;
    const bySas = await stowage(['host', 'add', 'azure', 'three', ...where()], { env: { AZURE_STORAGE_SAS_TOKEN: sas } });
    expect(bySas).toMatchObject({ code: 77, err: expect.stringContaining('The SAS is not accepted') });
    expect(bySas.err).not.toContain('sig=');
    expect((await hosts()).map(({ name }) => name)).toEqual(['local', 'one', 'two']);
  });

  it('are asked for at a terminal, which does not show them', async () => {
    const command = `${process.execPath} ${cli} host add azure lab ${where().join(' ')}`;
    const child = spawn('script', ['-qefc', command, join(base, 'typescript')], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = shown;
      shown += chunk.toString();
      if (!before.includes('address with SAS: ') && shown.includes('address with SAS: ')) child.stdin.write(`${account.key}\r`);
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(shown).toContain('Added lab');
    expect(shown).not.toContain(account.key.slice(0, 10));
  });

  it('are never arguments', async () => {
    const refused = await stowage(['host', 'add', 'azure', 'lab', ...where(), '--key', account.key]);
    expect(refused).toMatchObject({ code: 64, out: '' });
    expect(refused.err).not.toContain(account.key);
    expect((await stowage(['host', 'add', 'azure', '--help'])).out).toContain('Secrets are never arguments');
  });

  it('are asked for in words when nobody can be asked', async () => {
    const refused = await stowage(['host', 'add', 'azure', 'lab', ...where()]);
    expect(refused).toMatchObject({ code: 64, err: expect.stringMatching(/AZURE_STORAGE_KEY.*--key-stdin/) });
  });
});

it('exit codes and JSON tell scripts what is wrong', async () => {
  const wrong = Buffer.alloc(64, 1).toString('base64');
  const refused = await stowage(['host', 'add', 'azure', 'lab', ...where(), '--key-stdin', '--json'], { input: wrong });
  expect(refused).toMatchObject({ code: 77, out: '' });
  expect(JSON.parse(refused.err)).toMatchObject({
    error: { code: 'credentials-rejected', action: 'edit-credentials', hint: expect.any(String) },
  });
  const dead = ['host', 'add', 'azure', 'lab', '--emulator', '--endpoint', 'http://127.0.0.1:9'];
  expect(await stowage(dead)).toMatchObject({ code: 69, err: expect.stringContaining('Nothing listens at') });
  expect(await hosts()).toHaveLength(1);

  expect(await stowage([...dead, '--force'])).toMatchObject({ code: 0 });
  const tested = await stowage(['host', 'test', 'lab', '--json']);
  expect(tested.code).toBe(69);
  expect(JSON.parse(tested.out)).toMatchObject({ usable: false, checks: [{ id: 'reach', state: 'error' }, {}, {}, {}] });
  expect((await stowage(['host', 'test', 'nobody'])).code).toBe(66);
});

it('a host is changed and removed; its credentials are given anew without its place', async () => {
  const wrong = Buffer.alloc(64, 1).toString('base64');
  const add = ['host', 'add', 'azure', 'lab', ...where(), '--key-stdin', '--force'];
  expect((await stowage(add, { input: wrong })).code).toBe(0);
  expect((await stowage(['host', 'test', 'lab'])).code).toBe(77);
  const changed = await stowage(['host', 'update', 'lab', '--credentials', '--key-stdin', '--name', 'store'], {
    input: account.key,
  });
  expect(changed).toMatchObject({ code: 0, out: 'Changed store.\n', err: '' });
  expect((await stowage(['host', 'test', 'store'])).code).toBe(0);
  expect((await stowage(['host', 'update', 'store', '--read-only', '--default'])).code).toBe(0);
  expect((await hosts())[0]).toMatchObject({ name: 'store', readOnly: true, isDefault: true });
  expect((await stowage(['host', 'update', 'store', '--read-only', '--read-write'])).code).toBe(64);
  expect((await stowage(['vfolder', 'create', 'x'])).err).toContain('read-only');
  expect((await stowage(['host', 'update', 'local', '--credentials'])).code).toBe(64);
  expect((await stowage(['host', 'remove', 'store'])).out).toContain('What is on it stays there.');
  expect(JSON.parse(readFileSync(join(base, 'home', 'secrets.json'), 'utf8')).hosts).toEqual({});
});

it('a secret of the session is not written, and the command says that it is gone with it', async () => {
  const added = await stowage(['host', 'add', 'azure', 'lab', ...where(), '--key-stdin', '--session'], { input: account.key });
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('forgotten now') });
  expect(existsSync(join(base, 'home', 'secrets.json'))).toBe(false);
  expect((await hosts())[1]).toMatchObject({ secret: 'missing' });
});

it('a directory is a host too, read-only when asked', async () => {
  mkdirSync(join(base, 'data'));
  writeFileSync(join(base, 'data', 'a'), 'a');
  expect((await stowage(['host', 'add', 'local', 'data', join(base, 'data'), '--read-only'])).code).toBe(0);
  expect((await hosts())[1]).toMatchObject({ name: 'data', root: join(base, 'data'), readOnly: true });
  expect((await stowage(['host', 'add', 'local', 'gone', join(base, 'gone')])).code).toBe(69);
});
