import { formatAddress, splitPartialAddress } from '#shared/address.ts';
import type { EntryKind } from '#shared/contract/files.ts';
import { isStowageError } from '#shared/errors.ts';
import { baseName } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';

export interface Completion {
  address: string;
  kind: EntryKind;
}

export interface CompletionBounds {
  /** With enough found, a folder is looked at no longer than this. */
  readonly enoughMs: number;
  /** And never longer than this, however slow its host is. */
  readonly mostMs: number;
}

const usualBounds: CompletionBounds = { enoughMs: 150, mostMs: 1500 };
const usualLimit = 50;

/**
 * What an address that begins like `text` could be, the first by name; case does not count. A large folder is looked at
 * for a short time only, in bounded memory: what is offered is then taken from what was seen until then.
 */
export async function complete(
  lookup: VfolderLookup,
  text: string,
  limit: number = usualLimit,
  signal?: AbortSignal,
  bounds: CompletionBounds = usualBounds,
): Promise<Completion[]> {
  const partial = splitPartialAddress(text);
  if (partial === null) return [];
  if (partial.in === 'names') {
    const names = lookup.names().filter((name) => beginsLike(name, partial.begin));
    return names.slice(0, limit).map((name) => ({ address: formatAddress(name, ''), kind: 'directory' }));
  }
  try {
    return await completeInFolder(lookup, partial, { limit, signal, bounds });
  } catch (error) {
    // Nothing is there to be offered; going there tells what is wrong.
    if (isStowageError(error, 'not-found', 'not-a-directory', 'path-refused')) return [];
    throw error;
  }
}

const beginsLike = (name: string, begin: string): boolean => name.toLowerCase().startsWith(begin.toLowerCase());

async function completeInFolder(
  lookup: VfolderLookup,
  { vfolder, folder, begin }: { vfolder: string; folder: string; begin: string },
  options: { limit: number; signal: AbortSignal | undefined; bounds: CompletionBounds },
): Promise<Completion[]> {
  const { limit, signal, bounds } = options;
  const { provider, path } = lookup.resolve(vfolder, folder);
  const begun = performance.now();
  const late = AbortSignal.timeout(bounds.mostMs);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  const found = new FirstByName(limit);
  try {
    for await (const page of provider.list(path, { signal: either })) {
      for (const entry of page) {
        const name = baseName(entry.path);
        if (beginsLike(name, begin)) found.add(name, entry.kind);
      }
      if (found.full && performance.now() - begun > bounds.enoughMs) break;
    }
  } catch (error) {
    // What was seen until the time was over is offered.
    if (!late.aborted || signal?.aborted) throw error;
  }
  return found.sorted().map(({ name, kind }) => ({
    address: `${formatAddress(vfolder, folder)}${name}${kind === 'directory' ? '/' : ''}`,
    kind,
  }));
}

/** Keeps the first names of many, and no more than twice as many as are wanted. */
class FirstByName {
  readonly #limit: number;
  #names: { name: string; kind: EntryKind }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#names.length >= this.#limit;
  }

  add(name: string, kind: EntryKind): void {
    this.#names.push({ name, kind });
    if (this.#names.length >= 2 * this.#limit) this.#names = this.sorted();
  }

  sorted(): { name: string; kind: EntryKind }[] {
    return this.#names.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, this.#limit);
  }
}
