import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseInnerPath } from '#shared/paths.ts';
import { hostOn, startAzurite } from './azurite.fixture.ts';
import { createAzureBlobProvider } from './provider.ts';

interface Collection {
  name: string;
  data: { $loki: number; name: string }[];
  idIndex: number[] | null;
  maxId: number;
  binaryIndices: Record<string, { dirty: boolean; values: number[] }>;
}

/**
 * Lays a folder of `count` blobs, all alike but in name, for an emulator that is started with this folder. Azurite takes
 * many minutes for so many writes (each searches its tables), so one blob is written and its record in the emulator's
 * own file is repeated. They can be listed; with `byName` read too, but the emulator's first answers take longer then.
 */
export async function layManyBlobs(
  location: string,
  container: string,
  folder: string,
  count: number,
  { byName = false } = {},
): Promise<void> {
  const azurite = await startAzurite({ location });
  const { settings, secret } = hostOn(azurite.wellKnown);
  const provider = createAzureBlobProvider(settings, secret);
  const body = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(4096, 'x');
  })();
  await provider.write(parseInnerPath(`${container}/${folder}/000000.bin`), body, { size: 4096, modified: 1_700_000_000_000 });
  await provider.close();
  await azurite.stop();

  const file = join(location, '__azurite_db_blob__.json');
  const database: { collections: Collection[] } = JSON.parse(readFileSync(file, 'utf8'));
  const blobs = database.collections.find(({ name }) => name === '$BLOBS_COLLECTION$');
  const [first] = blobs?.data ?? [];
  if (!blobs || !first) throw new Error('Azurite keeps its blobs in another way than this benchmark knows');
  blobs.data = Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `${folder}/${String(index).padStart(6, '0')}.bin`,
    $loki: index + 1,
  }));
  blobs.maxId = count;
  blobs.idIndex = null;
  for (const index of Object.values(blobs.binaryIndices)) {
    // The records lie in the order of their names, and are alike in everything else.
    if (byName) Object.assign(index, { dirty: false, values: blobs.data.map((_, at) => at) });
    else index.dirty = true;
  }
  writeFileSync(file, JSON.stringify(database));
}
