import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Plan, PlannedMount } from '#shared/contract/plan.ts';
import type { InnerPath } from '#shared/paths.ts';
import { listingsIn, placeIn } from '../listings/listings.fixture.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createManifests } from './manifests.ts';
import { createRecorder, type RecorderWaits } from './recorder.ts';
import type { InputRow, InputRows } from './rows.ts';

let directory: string;
let kept: Map<number, InputRow>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-recorder-'));
  kept = new Map();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A folder with one file, whose listing stands still until it is let go on. */
async function slowFolder(): Promise<{ provider: StorageProvider; goOn: () => void }> {
  const memory = createMemoryProvider();
  await memory.write('set/f' as InnerPath, Readable.from([Buffer.from('x')]));
  const { promise, resolve } = Promise.withResolvers<void>();
  const list: StorageProvider['list'] = async function* (folder, options) {
    await promise;
    yield* memory.list(folder, options);
  };
  return { provider: { ...memory, list }, goOn: resolve };
}

const planOf = (mode: PlannedMount['mode']): Plan =>
  ({
    engine: 'process',
    steps: [],
    image: null,
    mounts: [{ vfolder: 'v', source: 'v:/', role: 'mount', mode, approach: 'share', target: '/v', localPath: null }],
  }) as unknown as Plan;

const patient = { start: 60_000, end: 60_000, whole: 60_000 };
const hasty = { ...patient, start: 30, end: 60 };

function recorderOver(provider: StorageProvider, waits: RecorderWaits) {
  const rows: InputRows = {
    of: () => [...kept.values()],
    put: (_, all) => {
      for (const row of all) kept.set(row.mount, row);
    },
    image: () => null,
    setImage: () => {},
    onlyOf: () => [],
  };
  const lookup = { resolve: () => placeIn(provider) } as unknown as VfolderLookup;
  return createRecorder({
    ...{
      rows,
      lookup,
      engines: {} as EngineRegistry,
      scratch: directory,
      manifests: createManifests(join(directory, 'lists'), listingsIn(directory)),
    },
    waits,
  });
}

it('holds up neither the start nor the end of a job for long, and says what is lacking', async () => {
  const { provider, goOn } = await slowFolder();
  const recorder = recorderOver(provider, hasty);
  recorder.begin(1, planOf('ro'), false);
  expect(kept.get(0)).toMatchObject({ state: 'listing' });
  await recorder.beforeStart(1);
  await recorder.finish(1);
  goOn();
  await expect
    .poll(() => kept.get(0))
    .toMatchObject({ state: 'unknown', reason: 'The job ended before all of it was listed.', digest: null });
});

it('says of a folder that the job may change whether it was listed before', async () => {
  const late = await slowFolder();
  const recorder = recorderOver(late.provider, { ...patient, start: 30 });
  recorder.begin(1, planOf('rw'), false);
  await recorder.beforeStart(1);
  late.goOn();
  await recorder.finish(1);
  expect(kept.get(0)).toMatchObject({ state: 'partial', reason: 'It was listed while the job could change it.', files: 1 });

  kept.clear();
  const early = await slowFolder();
  const second = recorderOver(early.provider, patient);
  early.goOn();
  second.begin(2, planOf('rw'), false);
  await second.beforeStart(2);
  await second.finish(2);
  expect(kept.get(0)).toMatchObject({ state: 'complete', reason: null, files: 1 });
});

it('leaves what was broken off by closing to the next start', async () => {
  const { provider, goOn } = await slowFolder();
  const recorder = recorderOver(provider, hasty);
  recorder.begin(1, planOf('ro'), false);
  await recorder.close();
  expect(kept.get(0)).toMatchObject({ state: 'listing' });
  goOn();
  const next = recorderOver(provider, patient);
  next.begin(1, planOf('ro'), true);
  await next.finish(1);
  expect(kept.get(0)).toMatchObject({ state: 'complete', files: 1 });
});
