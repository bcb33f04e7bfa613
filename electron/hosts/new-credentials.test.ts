import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { HostAttach } from '#shared/contract/hosts.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
import { type Core, openCore } from '../core.ts';
import { createInProcessClient } from '../rpc/in-process.ts';
import { type Azurite, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';

let azurite: Azurite;
let base: string;
let core: Core;
let client: StowageClient;
beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);
afterAll(() => azurite?.stop());

async function open(): Promise<void> {
  core = await openCore({ home: join(base, 'home'), localRoot: join(base, 'vfolders'), shell: 'browser' });
  client = createInProcessClient(core.router);
  await core.start();
}
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'stowage-credentials-'));
  mkdirSync(join(base, 'home'));
  vi.stubEnv('STOWAGE_KEY_FILE', join(base, 'secrets.key'));
  await open();
});
afterEach(async () => {
  await core.close();
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const until = (id: number, state: Transfer['state']): Promise<Transfer> =>
  vi.waitFor(
    async () => {
      const transfer = await client.transfers.get({ id });
      expect(transfer.state).toBe(state);
      return transfer;
    },
    { timeout: 15_000 },
  );

it('A25 a transfer pauses for want of credentials, and goes on by itself when they are given', async () => {
  const { name: account, key, endpoint } = azurite.nextAccount();
  const attach: HostAttach = { form: 'azure-key', account, key, endpoint };
  const { id: host } = await client.hosts.add({ name: 'lab', attach, keep: 'session' });
  await client.vfolders.create({ name: 'data', host });
  const file = join(base, 'file.bin');
  writeFileSync(file, Buffer.alloc(300_000, 7));
  await core.close();

  await open();
  expect(await client.vfolders.list()).toMatchObject([{ name: 'data', localPath: null }]);
  const { id } = await client.transfers.start({
    sources: [{ kind: 'local', path: file }],
    destination: { kind: 'vfolder', vfolder: 'data', path: '' },
  });
  const paused = await until(id, 'paused');
  expect(paused.problem).toMatchObject({ code: 'credentials-missing', message: expect.stringContaining('“lab”') });

  await client.hosts.update({ id: host, attach });
  expect((await until(id, 'done')).files).toMatchObject({ done: 1, failed: 0 });
});

it('vfolders of a host that becomes read-only are, and say so', async () => {
  const { name: account, key, endpoint } = azurite.nextAccount();
  const { id: host } = await client.hosts.add({ name: 'lab', attach: { form: 'azure-key', account, key, endpoint } });
  await client.vfolders.create({ name: 'data', host });
  const changes: string[] = [];
  const stop = core.changes.on(({ type }) => void changes.push(type));
  await client.hosts.update({ id: host, readOnly: true });
  stop();
  expect(changes).toEqual(expect.arrayContaining(['hosts', 'vfolders']));
  expect(await client.vfolders.get({ name: 'data' })).toMatchObject({ permission: 'ro' });
  await expect(client.files.makeDirectory({ vfolder: 'data', path: 'new' })).rejects.toMatchObject({ code: 'read-only' });
  await expect(client.vfolders.create({ name: 'other', host })).rejects.toMatchObject({ code: 'read-only' });
});
