import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VfolderInfo } from '#shared/contract/vfolders.ts';
import type { InnerPath } from '#shared/paths.ts';
import { createFiles, type Files } from '../files/files.ts';
import { type Azurite, hostOn, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { createAzureBlobProvider } from '../storage/azure-blob/provider.ts';
import { at, namesIn, put, textOf } from '../storage/contract/world.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import { freshBucket, s3Server } from '../storage/s3/s3-server.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from './vfolders.fixture.ts';

/** vfolders and their files on real servers of the services: an account or endpoint, a container or bucket, a prefix. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

interface Opened {
  readonly provider: StorageProvider;
  cleanUp(): Promise<void>;
}

let azurite: Azurite;
const cleanUp = async (): Promise<void> => undefined;
async function azure(place: 'account' | 'container' | 'prefix'): Promise<Opened> {
  const account = azurite.nextAccount();
  const whole = hostOn(account);
  const root = createAzureBlobProvider(whole.settings, whole.secret);
  if (place === 'account') return { provider: root, cleanUp };
  const container = `c${randomBytes(8).toString('hex')}`;
  await root.makeDirectory(at(container));
  await root.close();
  const { settings, secret } = hostOn(account, { container, ...(place === 'prefix' && { prefix: 'team/data' }) });
  return { provider: createAzureBlobProvider(settings, secret), cleanUp };
}

async function s3(place: { bucket?: null; prefix?: string }): Promise<Opened> {
  const fresh = await freshBucket();
  return { provider: fresh.provider(place), cleanUp: fresh.cleanUp };
}

const call = {};
const suites: { name: string; open: () => Promise<Opened> }[] = [
  { name: 'an Azure account', open: () => azure('account') },
  { name: 'an Azure container', open: () => azure('container') },
  { name: 'a prefix in an Azure container', open: () => azure('prefix') },
  { name: 'an S3 endpoint', open: () => s3({ bucket: null }) },
  { name: 'an S3 bucket', open: () => s3({}) },
  { name: 'a prefix in an S3 bucket', open: () => s3({ prefix: 'team/data' }) },
];

beforeAll(async () => {
  azurite = await startAzurite();
  await s3Server();
});
afterAll(() => azurite.stop());

describe.each(suites)('vfolders on $name', ({ open }) => {
  let opened: Opened;
  let world: VfolderWorld;
  let files: Files;
  /** In every name: containers of an account are shared with what else runs on the server. */
  let mine: string;
  beforeEach(async () => {
    mine = randomBytes(4).toString('hex');
    opened = await open();
    world = await createVfolderWorld(opened.provider);
    files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
  });
  afterEach(async () => {
    await world.close();
    for (const name of await left()) {
      for (const path of [`${name}/.stowage`, name]) await removeTree(opened.provider, at(path)).catch(() => undefined);
    }
    await opened.provider.close();
    await opened.cleanUp();
  });
  const left = async (): Promise<string[]> => (await namesIn(opened.provider, '')).filter((name) => name.includes(mine));
  const service = () => world.vfolders.service;
  const inside = (name: string, path: string): InnerPath => world.vfolders.lookup.resolve(name, path).path;
  const write = (name: string, path: string, text: string) => put(opened.provider, inside(name, path), text);
  const read = (name: string, path: string): Promise<string> => textOf(opened.provider, inside(name, path));
  async function names(name: string, path: string): Promise<string[]> {
    const found: string[] = [];
    const pages = (await files.service.list({ vfolder: name, path }, call)) as AsyncIterable<{ entries: { name: string }[] }>;
    for await (const { entries } of pages) found.push(...entries.map((entry) => entry.name));
    return found.sort();
  }

  it('live through being made, renamed, trashed, restored and purged, two of one name too', async () => {
    const [Data, renamed, back] = [`Data-${mine}`, `renamed-${mine}`, `back-${mine}`];
    const first = await world.create(Data, 'store');
    expect(await names(Data, '')).toEqual([]);
    await write(Data, 'deep/file', 'first');
    await service().rename({ name: Data, to: renamed }, call);
    await service().delete({ name: renamed }, call);
    await world.create(Data, 'store');
    await write(Data, 'file', 'second');
    await service().restore({ id: first.id, name: back }, call);
    expect([await read(back, 'deep/file'), await read(Data, 'file')]).toEqual(['first', 'second']);
    let info: VfolderInfo | null = null;
    for await (const event of (await service().info({ name: back }, call)) as AsyncIterable<VfolderInfo>) info = event;
    expect(info).toMatchObject({ files: 1, directories: 1, bytes: 5 });
    await service().delete({ name: back }, call);
    expect(await service().purge({ id: first.id }, call)).toMatchObject({ files: 1, bytes: 5 });
    expect(await left()).toHaveLength(1);
    expect(await read(Data, 'file')).toBe('second');
  });

  it('have files that are renamed, trashed, restored and purged inside the service', async () => {
    const data = `data-${mine}`;
    const { id } = await world.create(data, 'store');
    for (let index = 0; index < 25; index++) await write(data, `a folder/${index % 3}/${index}`, `text ${index}`);
    await write(data, 'one/ü #1+?', 'special');
    await files.service.rename({ vfolder: data, path: 'a folder', to: 'moved/here' }, call);
    expect(await names(data, '')).toEqual(['moved', 'one']);
    expect(await read(data, 'moved/here/1/22')).toBe('text 22');
    const trashed = await files.service.trash({ vfolder: data, paths: ['moved/here', 'one/ü #1+?'] }, call);
    expect([await names(data, ''), await names(data, 'one')]).toEqual([['moved', 'one'], []]);
    await files.service.restore({ ids: trashed.map((row) => row.id) }, call);
    expect(await read(data, 'moved/here/2/23')).toBe('text 23');
    expect(await read(data, 'one/ü #1+?')).toBe('special');
    await files.service.trash({ vfolder: data, paths: ['one'] }, call);
    await service().delete({ name: data }, call);
    await service().purge({ id }, call);
    expect(await left()).toEqual([]);
  });

  it('link a folder that is there, which deleting the link leaves as it is', async () => {
    const { containers } = opened.provider.features;
    const top = `theirs-${mine}`;
    const target = `${top}/set`;
    if (containers) await opened.provider.makeDirectory(at(top));
    await put(opened.provider, `${target}/deep/file`, 'theirs');
    await service().link({ name: 'set', target: { kind: 'host', host: 'store', path: target } }, call);
    expect(await read('set', 'deep/file')).toBe('theirs');
    await expect(files.service.trash({ vfolder: 'set', paths: ['deep'] }, call)).rejects.toMatchObject({ code: 'read-only' });
    const { id } = await service().delete({ name: 'set' }, call);
    await service().purge({ id }, call);
    expect(await textOf(opened.provider, `${target}/deep/file`)).toBe('theirs');
  });
});
