import { bucketFloors, bucketOf, type Found, type Statistics } from '#shared/contract/statistics.ts';
import { baseName, type InnerPath } from '#shared/paths.ts';
import type { StorageEntry, StorageProvider } from './provider.ts';
import { walk } from './walk.ts';

/** What is below a folder. Paths are those of the provider. */
export type TreeCount = Statistics;

const reportEveryMs = 100;
const shown = 10;
/** So many endings are told apart; there are never so many, except where someone makes them. */
const maxExtensions = 4096;
const maxExtensionLength = 16;

/**
 * Counts what is below a folder, or a single file, giving the count so far about ten times a second and the whole at the
 * end. Folders that may not be listed are passed over and counted. Memory is bounded, whatever the number of files.
 * @throws `not-found`, `cancelled`, and what listing the folder itself throws
 */
export async function* countTree(
  provider: StorageProvider,
  path: InnerPath,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeCount> {
  const tally = new Tally();
  const top = await provider.stat(path, { signal });
  if (top.kind !== 'directory') {
    tally.add(top);
    yield tally.now();
    return;
  }
  let reported = performance.now();
  for await (const entry of walk(provider, path, { signal, onUnlistable: () => tally.missed() })) {
    tally.add(entry);
    if (performance.now() - reported < reportEveryMs) continue;
    reported = performance.now();
    yield tally.now();
  }
  yield tally.now();
}

interface Count {
  files: number;
  bytes: number;
}

/** Counts that grow with each entry; `now` gives a copy that grows no more. */
class Tally {
  readonly #total: Count = { files: 0, bytes: 0 };
  #directories = 0;
  #unlisted = 0;
  readonly #histogram: Count[] = bucketFloors.map(() => ({ files: 0, bytes: 0 }));
  readonly #extensions = new Map<string, Count>();
  readonly #largest = new Top(({ size }) => size);
  readonly #newest = new Top(({ modified }) => modified ?? Number.NEGATIVE_INFINITY);

  add(entry: StorageEntry): void {
    if (entry.kind === 'directory') {
      this.#directories++;
      return;
    }
    const { path, size } = entry;
    grow(this.#total, size);
    if (entry.kind !== 'file') return;
    const bucket = this.#histogram[bucketOf(size)];
    if (bucket) grow(bucket, size);
    grow(this.#extension(extensionOf(baseName(path))), size);
    this.#largest.offer(entry);
    if (entry.modified !== null) this.#newest.offer(entry);
  }

  missed(): void {
    this.#unlisted++;
  }

  #extension(extension: string): Count {
    const known =
      this.#extensions.get(extension) ?? (this.#extensions.size >= maxExtensions ? this.#extensions.get('') : undefined);
    if (known) return known;
    const fresh = { files: 0, bytes: 0 };
    this.#extensions.set(this.#extensions.size >= maxExtensions ? '' : extension, fresh);
    return fresh;
  }

  now(): TreeCount {
    const extensions = [...this.#extensions]
      .map(([extension, count]) => ({ extension, ...count }))
      .sort((a, b) => b.bytes - a.bytes || b.files - a.files);
    return {
      ...this.#total,
      directories: this.#directories,
      histogram: this.#histogram.map((count) => ({ ...count })),
      largest: this.#largest.found(),
      newest: this.#newest.found(),
      extensions: extensions.slice(0, shown),
      unlisted: this.#unlisted,
    };
  }
}

function grow(count: Count, size: number): void {
  count.files++;
  count.bytes += size;
}

/** In lower case, without the dot; `''` where there is none, or something else than an ending follows the dot. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || name.length - dot - 1 > maxExtensionLength) return '';
  const extension = name.slice(dot + 1).toLowerCase();
  return /^[a-z0-9_+-]+$/.test(extension) ? extension : '';
}

/** The first few by a measure, the greatest first; among equals those seen first. */
class Top {
  readonly #measure: (entry: StorageEntry) => number;
  readonly #entries: { readonly measure: number; readonly found: Found }[] = [];

  constructor(measure: (entry: StorageEntry) => number) {
    this.#measure = measure;
  }

  offer(entry: StorageEntry): void {
    const measure = this.#measure(entry);
    const last = this.#entries.at(-1);
    if (this.#entries.length === shown && last && measure <= last.measure) return;
    const at = this.#entries.findIndex((other) => other.measure < measure);
    const { path, size, modified } = entry;
    this.#entries.splice(at < 0 ? this.#entries.length : at, 0, { measure, found: { path, size, modified } });
    if (this.#entries.length > shown) this.#entries.pop();
  }

  found(): Found[] {
    return this.#entries.map(({ found }) => found);
  }
}
