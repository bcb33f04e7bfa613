import type { Endpoint } from '#shared/contract/transfers.ts';
import { isStowageError } from '#shared/errors.ts';
import { joinPath } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';
import { type Place, resolveDestination, resolveSource } from './request.ts';
import { topName } from './scan.ts';

const maxFiles = 10_000;
const maxMs = 2000;
const maxExamples = 20;

/** Counts what would be sent and what is there already, as far as the bounds of time and number let it look. */
export async function preview(
  input: { sources: readonly Endpoint[]; destination: Endpoint },
  lookup: VfolderLookup,
  signal: AbortSignal | undefined,
) {
  const deadline = Date.now() + maxMs;
  const destination = await resolveDestination(input.destination, lookup, false);
  const result = { files: 0, bytes: 0, existing: 0, examples: [] as string[], complete: true };
  for (const source of input.sources) {
    const place = await resolveSource(source, lookup);
    for await (const { entry, path } of entries(place, signal)) {
      if (result.files >= maxFiles || Date.now() > deadline) return { ...result, complete: false };
      if (entry.kind === 'directory') continue;
      result.files++;
      result.bytes += entry.size;
      const taken = await destination.provider.stat(joinPath(destination.path, path), { signal }).catch((error: unknown) => {
        if (isStowageError(error, 'cancelled')) throw error;
        return null;
      });
      if (!taken) continue;
      result.existing++;
      if (result.examples.length < maxExamples) result.examples.push(path);
    }
  }
  return result;
}

async function* entries(place: Place, signal: AbortSignal | undefined): AsyncGenerator<{ entry: StorageEntry; path: string }> {
  const top = topName(place, undefined);
  const root = await place.provider.stat(place.path, { signal });
  if (root.kind !== 'directory') {
    yield { entry: root, path: top };
    return;
  }
  const cut = place.path === '' ? 0 : place.path.length + 1;
  for await (const entry of walk(place.provider, place.path, { signal, onUnlistable: () => undefined })) {
    const rest = entry.path.slice(cut);
    yield { entry, path: top === '' ? rest : `${top}/${rest}` };
  }
}
