import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobServiceClient,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostAttach } from '#shared/contract/hosts.ts';
import { parseInnerPath, rootPath } from '#shared/paths.ts';
import { type Azurite, type EmulatedAccount, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { serve } from './fake-service.fixture.ts';
import { type HostBench, openBench } from './hosts.fixture.ts';

let azurite: Azurite;
let bench: HostBench;
let account: EmulatedAccount;
beforeAll(async () => {
  // One for each test.
  azurite = await startAzurite({ accounts: 60 });
}, 60_000);
afterAll(() => azurite?.stop());
beforeEach(async () => {
  bench = openBench();
  account = azurite.nextAccount();
  await service().getContainerClient('train').createIfNotExists();
});
afterEach(async () => {
  vi.useRealTimers();
  await bench.close();
});

const credential = (): StorageSharedKeyCredential => new StorageSharedKeyCredential(account.name, account.key);
const service = (): BlobServiceClient => new BlobServiceClient(account.endpoint, credential());
const hour = 3600_000;

const byKey = (more: Partial<Extract<HostAttach, { form: 'azure-key' }>> = {}): HostAttach => ({
  form: 'azure-key',
  account: account.name,
  key: account.key,
  endpoint: account.endpoint,
  ...more,
});

function accountSas(rights: string, { types = 'sco', expiresOn = new Date(Date.now() + 100 * 24 * hour) } = {}): HostAttach {
  const sas = generateAccountSASQueryParameters(
    {
      services: AccountSASServices.parse('b').toString(),
      resourceTypes: AccountSASResourceTypes.parse(types).toString(),
      permissions: AccountSASPermissions.parse(rights),
      expiresOn,
    },
    credential(),
  ).toString();
  return { form: 'azure-sas', account: account.name, sas, endpoint: account.endpoint, container: 'train' };
}

function containerSas(rights: string, times: { startsOn?: Date; expiresOn?: Date } = {}): HostAttach {
  const sas = generateBlobSASQueryParameters(
    {
      containerName: 'train',
      permissions: ContainerSASPermissions.parse(rights),
      expiresOn: new Date(Date.now() + 100 * 24 * hour),
      ...times,
    },
    credential(),
  ).toString();
  return { form: 'azure-container-sas', url: `${account.endpoint}/train?${sas}` };
}

async function blobs(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of service().getContainerClient('train').listBlobsFlat()) names.push(name);
  return names;
}

describe('every form of attachment works on a real server, and its test leaves nothing behind', () => {
  const forms: [string, () => HostAttach][] = [
    ['account and key', () => byKey({ container: 'train' })],
    [
      'connection string',
      () => ({
        form: 'azure-connection-string',
        connectionString: `DefaultEndpointsProtocol=http;AccountName=${account.name};AccountKey=${account.key};BlobEndpoint=${account.endpoint};`,
        container: 'train',
        prefix: 'a/b',
      }),
    ],
    ['account SAS', () => accountSas('rwdlc')],
    ['container address with SAS', () => containerSas('racwdl')],
  ];

  it.each(forms)('%s', async (_form, attach) => {
    const checks = await bench.tryAttach(attach());
    expect(Object.values(checks).map(({ id, state, message }) => (state === 'ok' ? state : `${id}: ${message}`))).toEqual(
      Object.values(checks).map(() => 'ok'),
    );
    expect(checks.write).toMatchObject({ message: 'A small file was written and removed again.' });
    expect(await blobs()).toEqual([]);
    const { id } = await bench.hosts.service.add({ name: 'lab', attach: attach() }, {});
    const provider = bench.hosts.provider(id);
    const path = parseInnerPath('kept.txt');
    await provider.write(
      path,
      (async function* () {
        yield Buffer.from('kept');
      })(),
    );
    expect(await provider.stat(path)).toMatchObject({ size: 4 });
  });

  it('whole account: writing is not tried', async () => {
    expect(await bench.tryAttach(byKey())).toMatchObject({
      list: { state: 'ok' },
      write: { state: 'skipped', message: expect.stringContaining('whole account') },
    });
  });
});

describe('what is wrong is told in its own words (H4)', () => {
  const errors = async (attach: HostAttach): Promise<string[]> =>
    Object.values(await bench.tryAttach(attach))
      .filter(({ state }) => state === 'error')
      .map(({ id, message }) => `${id}: ${message}`);

  it('a wrong key', async () => {
    expect(await errors(byKey({ key: Buffer.alloc(64, 1).toString('base64') }))).toEqual([
      'credentials: The account key is not accepted.',
    ]);
  });

  it('another account', async () => {
    const endpoint = account.endpoint.replace(account.name, 'another');
    for (const place of [{}, { container: 'train' }]) {
      expect(await errors(byKey({ account: 'another', endpoint, ...place }))).toEqual([
        `list: There is no account “another” at “127.0.0.1:${azurite.port}”.`,
      ]);
    }
  });

  it('a container that does not exist', async () => {
    expect(await errors(byKey({ container: 'missing' }))).toEqual([
      `list: There is no container “missing” in the account “${account.name}”.`,
    ]);
  });

  it('A25 an expired SAS', async () => {
    const expiresOn = new Date(Date.now() - 3 * hour);
    expect(await errors(containerSas('rwdl', { expiresOn }))).toEqual([
      expect.stringMatching(/^expiry: The SAS expired on .* UTC, 3 hours ago\.$/),
    ]);
  });

  it('a SAS that is not valid yet, and one that soon is no more', async () => {
    const startsOn = new Date(Date.now() + 5 * hour);
    expect(await errors(containerSas('rwdl', { startsOn }))).toEqual([
      expect.stringMatching(/^expiry: The SAS is not valid before .*, [45] hours from now\.$/),
    ]);
    const soon = await bench.tryAttach(containerSas('rwdl', { expiresOn: new Date(Date.now() + 50 * hour) }));
    expect(soon).toMatchObject({
      expiry: { state: 'warning', message: expect.stringContaining('in 2 days') },
      write: { state: 'ok' },
    });
  });

  it('a SAS whose signature is another', async () => {
    const attach = containerSas('rwdl') as { form: 'azure-container-sas'; url: string };
    const url = attach.url.replace(/sig=[^&]+/, `sig=${encodeURIComponent(Buffer.alloc(32, 1).toString('base64'))}`);
    const [first, ...more] = await errors({ ...attach, url });
    expect(first).toMatch(/^credentials: .*SAS/);
    expect(more).toEqual([]);
  });

  it('a SAS without listing, by its permission and by its kinds of resources', async () => {
    expect(await errors(containerSas('rw'))).toEqual(['list: The SAS does not allow listing.']);
    expect(await errors(accountSas('rwdl', { types: 'o' }))).toEqual(['list: The SAS does not allow listing.']);
  });

  it('a SAS without writing, unless the host is read-only', async () => {
    expect(await errors(containerSas('rl'))).toEqual(['write: The SAS does not allow writing.']);
    expect((await bench.tryAttach(containerSas('rl'), true)).write).toMatchObject({ state: 'skipped' });
    expect((await bench.tryAttach(containerSas('rwl'))).write).toMatchObject({
      state: 'warning',
      hint: expect.stringContaining('Delete'),
    });
    expect(await blobs()).toEqual([]);
  });

  it('A25 a clock that is two hours off: warned where the service puts up with it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * hour });
    expect(await bench.tryAttach(byKey({ container: 'train' }))).toMatchObject({
      clock: { state: 'warning', message: 'The clock of this machine is 2 hours ahead of that of the service.' },
      write: { state: 'ok' },
    });
  });

  it('A25 a SAS that only this machine’s wrong clock takes for expired still works', async () => {
    const attach = containerSas('rwdl', { expiresOn: new Date(Date.now() + hour) });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * hour });
    expect(await bench.tryAttach(attach)).toMatchObject({ expiry: { state: 'warning' }, list: { state: 'ok' } });
  });

  it('A25 a clock that is two hours off: an error where the service refuses it, and nothing is said against the key', async () => {
    // As Azure itself answers; the emulator does not look at the clock.
    const strict = await serve((_request, response) => {
      response.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed', date: new Date(Date.now() - 2 * hour).toUTCString() });
      response.end();
    });
    try {
      const checks = await bench.tryAttach(
        byKey({ endpoint: `http://127.0.0.1:${strict.port}/${account.name}`, container: 'train' }),
      );
      expect(checks).toMatchObject({
        reach: { state: 'ok' },
        credentials: { state: 'skipped' },
        clock: {
          state: 'error',
          message: 'The clock of this machine is 2 hours ahead of that of the service, which therefore refuses it.',
          hint: expect.stringContaining('time server'),
        },
      });
    } finally {
      await strict.stop();
    }
  });
});

it('goes on under the same provider when it gets new credentials', async () => {
  const wrong = byKey({ container: 'train', key: Buffer.alloc(64, 1).toString('base64') });
  const { id } = await bench.hosts.service.add({ name: 'lab', attach: wrong }, {});
  const provider = bench.hosts.provider(id);
  const count = async (): Promise<number> => {
    let entries = 0;
    for await (const page of provider.list(rootPath)) entries += page.length;
    return entries;
  };
  await expect(count()).rejects.toMatchObject({ code: expect.stringMatching(/credentials-rejected|permission-denied/) });
  await bench.hosts.service.update({ id, attach: byKey({ container: 'train' }) }, {});
  expect(await count()).toBe(0);
  expect((await bench.hosts.examine()).find((host) => host.id === id)?.status).toMatchObject({ state: 'ok' });
});
