import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytes, at as inner } from '../storage/contract/world.ts';
import { createMemoryProvider, type MemoryProvider } from '../storage/memory/provider.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { createFileProperties } from './file-properties.ts';

const call = {};
let store: MemoryProvider;
let world: VfolderWorld;
let service: ReturnType<typeof createFileProperties>;
beforeEach(async () => {
  store = createMemoryProvider();
  world = await createVfolderWorld(store);
  await world.create('far', 'store');
  await world.create('near');
  await store.write(inner('far/a/file'), bytes('x'), { modified: 1 });
  writeFileSync(join(world.root, 'near', 'file'), 'x');
  service = createFileProperties({ lookup: world.vfolders.lookup, changes: world.changes });
});
afterEach(() => world.close());

const far = { vfolder: 'far', path: 'a/file' };
const near = { vfolder: 'near', path: 'file' };
const wanted = { metadata: [{ name: 'note', value: 'x' }] };

it('are told with paths inside the vfolder, and changed, which others hear of', async () => {
  const before = await service.properties(far, call);
  expect(before).toMatchObject({ entry: { name: 'file', path: 'a/file', tier: 'Hot' }, metadata: [], tags: [] });
  const after = await service.setProperties({ ...far, etag: before.entry.etag ?? '', change: wanted }, call);
  expect(after).toMatchObject({ entry: { path: 'a/file', modified: 1 }, metadata: [{ name: 'note', value: 'x' }] });
  expect(world.seen.at(-1)).toEqual({ type: 'files', vfolder: 'far', path: 'a' });
  await expect(service.setProperties({ ...far, etag: 'old', change: wanted }, call)).rejects.toMatchObject({
    code: 'precondition-failed',
  });
});

it('of a folder of this machine say what is not offered, and refuse it in the same words', async () => {
  const found = await service.properties(near, call);
  expect(found).toMatchObject({
    local: { mode: expect.any(Number), links: 1 },
    urls: [{ name: 'Path', value: join(world.root, 'near', 'file') }],
    edit: { refusal: expect.any(String) },
    share: { refusal: expect.any(String) },
  });
  const refusal = (offer: object) => ({ code: 'unsupported', message: 'refusal' in offer ? offer.refusal : '' });
  const etag = found.entry.etag ?? '';
  await expect(service.setProperties({ ...near, etag, change: wanted }, call)).rejects.toMatchObject(refusal(found.edit));
  const share = { ...near, expiresAt: Date.now() + 1000, permission: 'r' } as const;
  await expect(service.shareUrl(share, call)).rejects.toMatchObject(refusal(found.share));
});

it('of a read-only vfolder cannot be changed or shared for writing', async () => {
  await world.vfolders.service.update({ name: 'far', permission: 'ro' }, call);
  const { edit, entry } = await service.properties(far, call);
  expect(edit).toEqual({ refusal: expect.stringContaining('read-only') });
  const change = { ...far, etag: entry.etag ?? '', change: wanted };
  await expect(service.setProperties(change, call)).rejects.toMatchObject({ code: 'read-only' });
  const share = { ...far, expiresAt: Date.now() + 1000, permission: 'w' } as const;
  await expect(service.shareUrl(share, call)).rejects.toMatchObject({ code: 'read-only' });
});

it('of a place that climbs, of a vfolder itself, and of what is missing are refused', async () => {
  for (const path of ['../near/file', 'a/../../x'])
    await expect(service.properties({ vfolder: 'far', path }, call)).rejects.toMatchObject({ code: 'path-refused' });
  await expect(service.properties({ ...far, path: 'missing' }, call)).rejects.toMatchObject({ code: 'not-found' });
  expect(await service.properties({ ...far, path: '' }, call)).toMatchObject({ entry: { name: 'far', kind: 'directory' } });
  const change = { vfolder: 'far', path: '', etag: '', change: wanted };
  await expect(service.setProperties(change, call)).rejects.toMatchObject({ code: 'bad-request' });
});
