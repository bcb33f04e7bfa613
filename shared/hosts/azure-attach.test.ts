import { describe, expect, it } from 'vitest';
import type { HostAttach } from '../contract/hosts.ts';
import { isStowageError } from '../errors.ts';
import { hostRoot, isSamePlace, isWellKnown, parseAttach } from './attach.ts';
import { emulatorKey } from './azure-attach.ts';

const key = Buffer.alloc(64, 7).toString('base64');
const signature = encodeURIComponent(Buffer.alloc(32, 9).toString('base64'));
const accountSas = `sv=2024-11-04&ss=b&srt=sco&sp=rwdlc&se=2030-01-02T03:04:05Z&spr=https&sig=${signature}`;
const containerSas = `sp=rl&st=2026-01-01T00:00:00Z&se=2030-01-02&sv=2024-11-04&sr=c&sig=${signature}`;

const azure = (attach: Extract<HostAttach, { form: `azure-${string}` }>) => parseAttach(attach);
const real = {
  kind: 'azure-blob',
  endpoint: 'https://mydata.blob.core.windows.net',
  account: 'mydata',
  container: null,
  prefix: '',
};

function refusal(attach: HostAttach): string {
  try {
    parseAttach(attach);
  } catch (error) {
    if (isStowageError(error)) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('every form gives the same settings', () => {
  it('account and key', () => {
    expect(azure({ form: 'azure-key', account: ' mydata ', key: `${key}\n` })).toEqual({
      settings: { ...real, auth: 'key', expiresAt: null },
      secret: { key },
    });
    expect(
      azure({
        form: 'azure-key',
        account: 'lab',
        key,
        endpoint: 'http://10.0.0.7:10000/lab/',
        container: 'train',
        prefix: '/a/b/',
      }).settings,
    ).toMatchObject({ endpoint: 'http://10.0.0.7:10000/lab', container: 'train', prefix: 'a/b' });
    expect(azure({ form: 'azure-key', account: 'lab', key, endpoint: 'http://azurite:10000' }).settings).toMatchObject({
      endpoint: 'http://azurite:10000/lab',
    });
  });

  it.each([
    `DefaultEndpointsProtocol=https;AccountName=mydata;AccountKey=${key};EndpointSuffix=core.windows.net`,
    `"AccountName=mydata;AccountKey=${key}"`,
    `BlobEndpoint=https://mydata.blob.core.windows.net/;AccountName=mydata;AccountKey=${key};`,
    ` defaultendpointsprotocol=HTTPS; accountname=mydata; accountkey=${key}\n`,
  ])('connection string with key %#', (connectionString) => {
    expect(azure({ form: 'azure-connection-string', connectionString })).toEqual({
      settings: { ...real, auth: 'key', expiresAt: null },
      secret: { key },
    });
  });

  it('connection string with SAS, the account named by its endpoint', () => {
    const connectionString = `BlobEndpoint=https://mydata.blob.core.windows.net/;QueueEndpoint=https://mydata.queue.core.windows.net/;SharedAccessSignature=${accountSas}`;
    expect(azure({ form: 'azure-connection-string', connectionString })).toEqual({
      settings: { ...real, auth: 'sas', expiresAt: Date.UTC(2030, 0, 2, 3, 4, 5) },
      secret: { sas: accountSas },
    });
  });

  it('connection string of another cloud', () => {
    const connectionString = `DefaultEndpointsProtocol=https;AccountName=mydata;AccountKey=${key};EndpointSuffix=core.chinacloudapi.cn`;
    expect(azure({ form: 'azure-connection-string', connectionString }).settings).toMatchObject({
      endpoint: 'https://mydata.blob.core.chinacloudapi.cn',
    });
  });

  it('account SAS, with and without its question mark', () => {
    const parsed = azure({ form: 'azure-sas', account: 'mydata', sas: accountSas });
    expect(parsed).toEqual(azure({ form: 'azure-sas', account: 'mydata', sas: `?${accountSas}\n` }));
    expect(parsed.settings).toEqual({ ...real, auth: 'sas', expiresAt: Date.UTC(2030, 0, 2, 3, 4, 5) });
  });

  it('container address with SAS, real and of an emulator, with a folder', () => {
    expect(
      azure({ form: 'azure-container-sas', url: `https://mydata.blob.core.windows.net/train/a%20b?${containerSas}` }),
    ).toEqual({
      settings: { ...real, container: 'train', prefix: 'a b', auth: 'sas', expiresAt: Date.UTC(2030, 0, 2) },
      secret: { sas: containerSas },
    });
    expect(
      azure({ form: 'azure-container-sas', url: `http://127.0.0.1:10000/devstoreaccount1/train?${containerSas}`, prefix: 'deep' })
        .settings,
    ).toMatchObject({
      endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
      account: 'devstoreaccount1',
      container: 'train',
      prefix: 'deep',
    });
    expect(
      azure({ form: 'azure-container-sas', url: `https://mydata.blob.core.windows.net/?${accountSas}` }).settings,
    ).toMatchObject({
      container: null,
    });
  });

  it('the emulator in one click and by its short connection string, whose secret is kept nowhere', () => {
    const parsed = azure({ form: 'azure-emulator' });
    expect(parsed.settings).toMatchObject({ endpoint: 'http://127.0.0.1:10000/devstoreaccount1', account: 'devstoreaccount1' });
    expect(azure({ form: 'azure-connection-string', connectionString: 'UseDevelopmentStorage=true' })).toEqual(parsed);
    expect(parsed.secret && isWellKnown(parsed.settings, parsed.secret)).toBe(true);
    expect(isWellKnown(parsed.settings, { key })).toBe(false);
    expect(azure({ form: 'azure-emulator', endpoint: 'http://127.0.0.1:4711', container: 'data' }).settings).toMatchObject({
      endpoint: 'http://127.0.0.1:4711/devstoreaccount1',
      container: 'data',
    });
    expect(
      azure({
        form: 'azure-connection-string',
        connectionString: 'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://my-proxy',
      }).settings,
    ).toMatchObject({ endpoint: 'http://my-proxy:10000/devstoreaccount1' });
  });
});

describe('every bad input is told apart (H4)', () => {
  const connection = (connectionString: string): HostAttach => ({ form: 'azure-connection-string', connectionString });
  const withKey = (given: string): HostAttach => ({ form: 'azure-key', account: 'mydata', key: given });
  const withSas = (sas: string, more: object = {}): HostAttach => ({ form: 'azure-sas', account: 'mydata', sas, ...more });
  const address = (url: string): HostAttach => ({ form: 'azure-container-sas', url });
  const bad: [what: string, attach: HostAttach][] = [
    ['an address as connection string', connection(`https://mydata.blob.core.windows.net/?${accountSas}`)],
    ['a word as connection string', connection('mydata')],
    ['a connection string without key', connection('DefaultEndpointsProtocol=https;AccountName=mydata')],
    ['a connection string without account', connection(`DefaultEndpointsProtocol=https;AccountKey=${key}`)],
    ['a connection string with an empty key', connection('AccountName=mydata;AccountKey=')],
    ['two connection strings in one', connection(`AccountName=mydata;AccountKey=${key};AccountName=other`)],
    ['a connection string of Cosmos DB', connection(`AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=${key}`)],
    [
      'a connection string of Service Bus',
      connection(`Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=${key}`),
    ],
    ['a SAS without account and address', connection(`SharedAccessSignature=${accountSas}`)],
    [
      'a connection string without blobs',
      connection(`QueueEndpoint=https://mydata.queue.core.windows.net/;AccountName=mydata;AccountKey=${key}`),
    ],
    ['a protocol that is none', connection(`DefaultEndpointsProtocol=ftp;AccountName=mydata;AccountKey=${key}`)],
    [
      'an endpoint of another account',
      connection(`BlobEndpoint=https://other.blob.core.windows.net;AccountName=mydata;AccountKey=${key}`),
    ],
    ['an empty key', withKey('  ')],
    ['a SAS as key', withKey(`?${accountSas}`)],
    ['a connection string as key', withKey(`AccountName=mydata;AccountKey=${key}`)],
    ['a key with a space', withKey(`${key.slice(0, 20)} ${key.slice(20)}`)],
    ['half a key', withKey(key.slice(0, 41))],
    ['an address as account', { form: 'azure-key', account: 'https://mydata.blob.core.windows.net', key }],
    ['an account with capital letters', { form: 'azure-key', account: 'MyData', key }],
    ['an endpoint without scheme', { form: 'azure-key', account: 'mydata', key, endpoint: 'mydata.blob.core.windows.net' }],
    ['an endpoint of FTP', { form: 'azure-key', account: 'mydata', key, endpoint: 'ftp://mydata' }],
    [
      'an endpoint with password',
      { form: 'azure-key', account: 'mydata', key, endpoint: 'https://me:secret@mydata.blob.core.windows.net' },
    ],
    [
      'an endpoint with container',
      { form: 'azure-key', account: 'mydata', key, endpoint: 'https://mydata.blob.core.windows.net/train' },
    ],
    [
      'an endpoint with SAS',
      { form: 'azure-key', account: 'mydata', key, endpoint: `https://mydata.blob.core.windows.net?${accountSas}` },
    ],
    ['an endpoint with an impossible port', { form: 'azure-key', account: 'mydata', key, endpoint: 'http://127.0.0.1:70000' }],
    ['an address as SAS', withSas(`https://mydata.blob.core.windows.net/?${accountSas}`)],
    ['a SAS without signature', withSas('sv=2024-11-04&ss=b&srt=sco&sp=rl&se=2030-01-01T00:00:00Z')],
    ['a SAS with half a signature', withSas(accountSas.slice(0, -9))],
    ['a SAS without version', withSas(accountSas.replace('sv=2024-11-04&', ''))],
    ['a SAS of queues', withSas(accountSas.replace('ss=b', 'ss=q'))],
    ['a SAS of one blob', withSas(containerSas.replace('sr=c', 'sr=b'), { container: 'train' })],
    ['a SAS of one directory', withSas(containerSas.replace('sr=c', 'sr=d'), { container: 'train' })],
    ['a SAS of a container that is not named', withSas(containerSas)],
    ['a SAS that expires never', withSas(accountSas.replace('2030-01-02T03:04:05Z', 'never'))],
    ['a SAS for https at an http address', withSas(accountSas, { endpoint: 'http://10.1.2.3/mydata' })],
    ['an address without SAS', address('https://mydata.blob.core.windows.net/train')],
    ['an address of the portal', address('https://portal.azure.com/#@me/resource/x?sv=1')],
    ['an address without the container of its SAS', address(`https://mydata.blob.core.windows.net/?${containerSas}`)],
    ['a container with capital letters', { form: 'azure-emulator', container: 'Train' }],
    ['a container of two letters', { form: 'azure-emulator', container: 'tr' }],
    ['a container with underscore', { form: 'azure-emulator', container: 'my_train' }],
    ['a container with a folder', { form: 'azure-emulator', container: 'train/a' }],
    ['a container with two hyphens', { form: 'azure-emulator', container: 'my--train' }],
    ['a folder without container', { form: 'azure-emulator', prefix: 'a' }],
    ['a folder that climbs', { form: 'azure-emulator', container: 'train', prefix: '../other' }],
  ];

  it.each(bad)('%s', (_what, attach) => {
    expect(refusal(attach)).toMatch(/\.$/);
  });

  it('with a message of its own, which holds no secret', () => {
    const messages = bad.map(([, attach]) => refusal(attach));
    expect(messages.filter((message, index) => messages.indexOf(message) !== index)).toEqual([]);
    const all = messages.join('\n');
    for (const secret of [key, key.slice(0, 20), signature, decodeURIComponent(signature), 'secret@'])
      expect(all).not.toContain(secret);
  });
});

it('names what is on a host for people', () => {
  expect(hostRoot(azure({ form: 'azure-key', account: 'mydata', key, container: 'train', prefix: 'a' }).settings)).toBe(
    'mydata/train/a',
  );
  expect(hostRoot(azure({ form: 'azure-emulator' }).settings)).toBe('127.0.0.1:10000/devstoreaccount1');
});

it('tells the same place under other credentials from another place', () => {
  const byKey = azure({ form: 'azure-key', account: 'mydata', key, container: 'train' }).settings;
  const bySas = azure({
    form: 'azure-container-sas',
    url: `https://MyData.blob.core.windows.net/train?${containerSas}`,
  }).settings;
  expect(isSamePlace(byKey, bySas)).toBe(true);
  expect(isSamePlace(byKey, azure({ form: 'azure-key', account: 'mydata', key }).settings)).toBe(false);
  expect(isSamePlace(byKey, azure({ form: 'azure-key', account: 'other', key, container: 'train' }).settings)).toBe(false);
  expect(isSamePlace(byKey, azure({ form: 'azure-key', account: 'mydata', key: emulatorKey, container: 'train' }).settings)).toBe(
    true,
  );
});
