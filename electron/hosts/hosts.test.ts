import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rootPath } from '#shared/paths.ts';
import { deadPort, type FakeService, listen } from './fake-service.fixture.ts';
import { azureAt, type HostBench, openBench } from './hosts.fixture.ts';

let bench: HostBench;
let services: FakeService[];
beforeEach(() => {
  bench = openBench();
  services = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(services.map((service) => service.stop()));
  await bench.close();
});

const silent = async (): Promise<FakeService> => {
  const service = await listen(() => undefined);
  services.push(service);
  return service;
};
const add = (name: string, attach = azureAt(9)) => bench.hosts.service.add({ name, attach }, {});
const list = () => bench.hosts.service.list(undefined, {});
const addVfolder = (host: string, trashed: number | null = null): void => {
  bench.database.run(
    "INSERT INTO vfolders (id, name, host_id, kind, root, usage, permission, created_at, trashed_at) VALUES (?, ?, ?, 'managed', 'v', 'general', 'rw', 1, ?)",
    crypto.randomUUID(),
    `v-${crypto.randomUUID()}`,
    host,
    trashed,
  );
};

describe('the list', () => {
  it('has a local host at the first start, with its space', async () => {
    expect(await list()).toMatchObject([
      {
        id: 'local',
        name: 'local',
        kind: 'local',
        root: join(bench.base, 'vfolders'),
        secret: 'none',
        isDefault: true,
        status: { state: 'ok', message: 'Ready.' },
        freeBytes: expect.any(Number),
      },
    ]);
  });

  it('does not wait for a host that is silent, and tells when more is known of it', async () => {
    const service = await silent();
    await add('dead', azureAt(service.port));
    const began = performance.now();
    expect(await list()).toMatchObject([{ name: 'local' }, { name: 'dead', status: { state: 'checking', checkedAt: null } }]);
    expect(performance.now() - began).toBeLessThan(1500);
    await vi.waitFor(() => expect(service.connections()).toBeGreaterThan(0));
    bench.seen.length = 0;
    await service.stop();
    services.length = 0;
    await vi.waitFor(() => expect(bench.seen).toContainEqual({ type: 'hosts' }), 15_000);
    expect((await list())[1]?.status).toMatchObject({ state: 'error', hint: expect.any(String) });
  });

  it('asks a host again only when what is known is older than a minute', async () => {
    const service = await listen((socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
    );
    services.push(service);
    await add('refusing', azureAt(service.port));
    await bench.hosts.examine();
    const asked = service.connections();
    expect(asked).toBeGreaterThan(0);
    for (let time = 0; time < 5; time++) await list();
    await delay(50);
    expect(service.connections()).toBe(asked);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await list();
    await vi.waitFor(() => expect(service.connections()).toBeGreaterThan(asked));
  });

  it('says of a local host what is wrong with its folder', async () => {
    const { service } = bench.hosts;
    const root = join(bench.base, 'data');
    mkdirSync(root);
    const { id } = await service.add({ name: 'data', attach: { form: 'local', root } }, {});
    rmSync(root, { recursive: true });
    const [gone] = (await bench.hosts.examine()).filter((host) => host.id === id);
    expect(gone).toMatchObject({ status: { state: 'error', message: expect.stringContaining(root) }, freeBytes: null });
    writeFileSync(root, 'a file');
    expect((await bench.test({ id })).list).toMatchObject({ state: 'error' });
  });

  it('says so when what is stored of a host cannot be used', async () => {
    const { id } = await add('lab');
    const config = { settings: { ...bench.hosts.describe(id).settings, endpoint: 'nonsense' }, readOnly: false };
    bench.database.run('UPDATE hosts SET config = ? WHERE id = ?', JSON.stringify(config), id);
    bench = await bench.restart();
    const [host] = (await bench.hosts.examine()).filter((each) => each.id === id);
    expect(host).toMatchObject({ name: 'lab', status: { state: 'error', checkedAt: expect.any(Number) } });
  });

  it('A25 says at once that a SAS has run out, though the last check was before', async () => {
    const sas = `sv=2024-11-04&sr=c&sp=rwdl&se=2026-05-01T00:00:00Z&sig=${encodeURIComponent(Buffer.alloc(32, 1).toString('base64'))}`;
    const url = `http://127.0.0.1:${await deadPort()}/lab/train?${sas}`;
    await bench.hosts.service.add({ name: 'old', attach: { form: 'azure-container-sas', url } }, {});
    expect((await list())[1]?.status).toMatchObject({
      state: 'error',
      message: expect.stringMatching(/^The SAS expired on 2026-05-01 00:00 UTC, \d+ days ago\.$/),
      hint: expect.stringContaining('vfolders stay'),
    });
  });
});

describe('changing hosts', () => {
  it('refuses names that are taken, empty or invisible', async () => {
    await add('lab');
    await expect(add('LAB')).rejects.toMatchObject({ code: 'name-taken' });
    await expect(add('  ')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(add('a\u202eb')).rejects.toMatchObject({ code: 'name-invalid' });
    expect(await list()).toHaveLength(2);
  });

  it('has one default host, which only another one replaces', async () => {
    const { service } = bench.hosts;
    const lab = await service.add({ name: 'lab', attach: azureAt(9), isDefault: true }, {});
    expect((await list()).map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['lab', true],
      ['local', false],
    ]);
    expect(bench.hosts.defaultHostId()).toBe(lab.id);
    await expect(service.update({ id: lab.id, isDefault: false }, {})).rejects.toMatchObject({ code: 'bad-request' });
    await service.remove({ id: lab.id }, {});
    expect(bench.hosts.defaultHostId()).toBe('local');
    expect(() => service.remove({ id: 'local' }, {})).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('finds a host by its name as well as by its id', async () => {
    const { id } = await add('lab');
    expect(bench.hosts.describe('lab')).toMatchObject({ id, kind: 'azure-blob' });
    expect(await bench.hosts.service.get({ id: 'lab' }, {})).toMatchObject({ id });
    expect(() => bench.hosts.describe('mars')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('is remembered with its secret, and without any in the database', async () => {
    const { id } = await add('lab');
    bench = await bench.restart();
    expect(await bench.hosts.service.get({ id }, {})).toMatchObject({ name: 'lab', secret: 'file' });
    expect(bench.database.get('SELECT config FROM hosts WHERE id = ?', id)).toEqual({
      config: JSON.stringify({
        settings: {
          kind: 'azure-blob',
          endpoint: 'http://127.0.0.1:9/lab',
          account: 'lab',
          container: null,
          prefix: '',
          auth: 'key',
          expiresAt: null,
        },
        readOnly: false,
      }),
    });
  });

  it('keeps no secret of the emulator, which everybody knows', async () => {
    const emulator = await bench.hosts.service.add({ name: 'emulator', attach: { form: 'azure-emulator' } }, {});
    expect(emulator).toMatchObject({ secret: 'none', root: '127.0.0.1:10000/devstoreaccount1' });
    expect(readdirSync(bench.home)).not.toContain('secrets.json');
  });

  it('takes new credentials for the same place, and refuses another place while vfolders are there, in the trash too', async () => {
    const { service } = bench.hosts;
    const { id } = await add('lab');
    addVfolder(id, 5);
    const reopened: string[] = [];
    bench.hosts.onReopened((hostId) => void reopened.push(hostId));
    const key = Buffer.alloc(64, 6).toString('base64');
    await service.update({ id, attach: azureAt(9, { key }) }, {});
    expect(reopened).toEqual([id]);
    for (const attach of [azureAt(10), azureAt(9, { container: 'train' }), { form: 'local' as const, root: '/data' }]) {
      await expect(service.update({ id, attach }, {})).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('another place'),
        data: { hint: expect.stringContaining('1 in the trash') },
      });
    }
    bench.database.run('DELETE FROM vfolders');
    expect(await service.update({ id, attach: azureAt(10) }, {})).toMatchObject({ root: '127.0.0.1:10/lab' });
  });

  it('removes a host only when no vfolder is on it, naming them', async () => {
    const { id } = await add('lab');
    addVfolder(id);
    addVfolder(id, 7);
    expect(() => bench.hosts.service.remove({ id }, {})).toThrow(
      expect.objectContaining({ code: 'in-use', message: expect.stringMatching(/“v-.*”, 1 in the trash/) }),
    );
    bench.database.run('DELETE FROM vfolders');
    await bench.hosts.service.remove({ id }, {});
    expect(await list()).toHaveLength(1);
    expect(() => bench.hosts.provider(id)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('forgets a secret of the session with the process, and says so until it is given again', async () => {
    const { service } = bench.hosts;
    const { id } = await service.add({ name: 'lab', attach: azureAt(9), keep: 'session' }, {});
    expect((await service.get({ id }, {})).secret).toBe('session');
    bench = await bench.restart();
    const [host] = (await bench.hosts.examine()).filter((each) => each.id === id);
    expect(host).toMatchObject({ secret: 'missing', status: { state: 'error' } });
    const provider = bench.hosts.provider(id);
    // What it can do is known all the same: vfolders on it are listed.
    expect(provider.features.localPath).toBe(false);
    await expect(provider.stat(rootPath)).rejects.toMatchObject({
      code: 'credentials-missing',
      message: expect.stringContaining('“lab”'),
      data: { hint: expect.stringContaining('again') },
    });
    await bench.hosts.service.update({ id, attach: azureAt(9), keep: 'saved' }, {});
    expect(bench.hosts.provider(id)).toBe(provider);
    expect(await provider.stat(rootPath)).toMatchObject({ kind: 'directory' });
  });

  it('saves a secret of the session later, without being told it again', async () => {
    const { service } = bench.hosts;
    const { id } = await service.add({ name: 'lab', attach: azureAt(9), keep: 'session' }, {});
    expect(await service.update({ id, keep: 'saved' }, {})).toMatchObject({ secret: 'file' });
    bench = await bench.restart();
    expect(await bench.hosts.service.get({ id }, {})).toMatchObject({ secret: 'file' });
  });
});

it('writes nothing to a read-only host, by no method', async () => {
  const { service } = bench.hosts;
  const root = join(bench.base, 'data');
  mkdirSync(root);
  writeFileSync(join(root, 'a'), 'a');
  const { id } = await service.add({ name: 'data', attach: { form: 'local', root }, readOnly: true }, {});
  const provider = bench.hosts.provider(id) as never as Record<string, (...given: unknown[]) => Promise<unknown>>;
  const body = (async function* () {})();
  const calls: [string, ...unknown[]][] = [
    ['write', 'b', body],
    ['makeDirectory', 'd'],
    ['remove', 'a'],
    ['rename', 'a', 'b'],
    ['copy', 'a', 'b'],
    ['openWrite', 'b', 'key'],
  ];
  for (const [method, ...given] of calls) {
    await expect(provider[method]?.(...given), method).rejects.toMatchObject({
      code: 'read-only',
      message: 'The storage host “data” is read-only for Stowage.',
    });
  }
  expect(readdirSync(root)).toEqual(['a']);
  expect((await bench.test({ id })).write).toMatchObject({ state: 'skipped' });
  await service.update({ id, readOnly: false }, {});
  await provider.makeDirectory?.('d');
  expect(readdirSync(root)).toEqual(['a', 'd']);
});

it('leaves nothing behind when it tests a folder by writing', async () => {
  const root = join(bench.base, 'data');
  mkdirSync(root);
  expect((await bench.tryAttach({ form: 'local', root })).write).toMatchObject({ state: 'ok' });
  expect(readdirSync(root)).toEqual([]);
  expect(statSync(root).isDirectory()).toBe(true);
});

it('says that a folder cannot be written', async () => {
  // Where not even root may make a file.
  expect((await bench.tryAttach({ form: 'local', root: '/proc/sys/kernel' })).write).toMatchObject({ state: 'error' });
});
