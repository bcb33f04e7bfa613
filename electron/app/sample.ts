import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineId } from '#shared/contract/engines.ts';
import type { JobSpec } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { isStowageError } from '#shared/errors.ts';
import { joinPath } from '#shared/paths.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { packageRoot } from './home.ts';

export const sampleName = 'sample-data';

/** Makes the sample vfolder when it is missing, and the job over it that runs without a network. */
export async function prepareSample(lookup: VfolderLookup, engines: EngineRegistry): Promise<{ vfolder: string; spec: JobSpec }> {
  await lookup.ensure(sampleName, { usage: 'data', note: 'A small table of sensor readings, and a script that summarises it.' });
  const { provider, root } = lookup.resolve(sampleName, '');
  const folder = join(packageRoot(), 'resources', 'sample');
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    await provider
      .write(joinPath(root, name), one(bytes), { size: bytes.length, expect: { absent: true } })
      .catch((error: unknown) => {
        if (!isStowageError(error, 'precondition-failed', 'exists')) throw error;
      });
  }
  const place = await placeWithShell(engines);
  return {
    vfolder: sampleName,
    spec: {
      name: 'sample',
      ...(place ?? { engine: 'process' }),
      command: ['sh', `${sampleName}/summarise.sh`],
      mounts: [{ source: `${sampleName}:/`, mode: 'ro' }],
      env: [],
      resources: {},
      network: false,
    },
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The smallest image of the default engine in which the sample's `sh` script runs; null when it has none, or no images. */
async function placeWithShell(engines: EngineRegistry): Promise<{ engine: EngineId; image: string } | null> {
  const id = await engines.preferred();
  if (engineKind(id) !== 'docker') return null;
  const docker = engines.get(id);
  const images = (await docker.images()).toSorted((a, b) => a.bytes - b.bytes);
  for (const image of images.slice(0, 5)) {
    const facts = await docker.probeImage(image.reference, ['/bin/sh', '/usr/bin/awk', '/bin/awk']).catch(() => null);
    if (facts && facts['/bin/sh'] !== 'missing' && (facts['/usr/bin/awk'] !== 'missing' || facts['/bin/awk'] !== 'missing'))
      return { engine: id, image: image.reference };
  }
  return null;
}
