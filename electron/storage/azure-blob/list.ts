import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { checkSignal } from '../bodies.ts';
import type { StorageEntry } from '../provider.ts';
import { listedNameProblem, unsafeEntry } from '../remote/listed-names.ts';
import { folderEntry, listedEntry } from './blob-entry.ts';
import { type ListedPage, nextMarker, parseBlobPage, parseContainerPage } from './list-page.ts';
import { decodeSegment, isReachable } from './names.ts';
import { type BlobService, textOf } from './service.ts';
import type { Query } from './signing.ts';

/** Blobs on a page: few on the first, so that something is on screen soon. */
const firstPageSize = 500;
const pageSize = 5000;
const maxPageBytes = 64 * 1024 * 1024;
/** A service may send empty pages while it searches, but not for ever. */
const maxEmptyPages = 1000;

export interface Listing {
  readonly service: BlobService;
  /** For messages. */
  readonly folder: InnerPath;
  readonly signal: AbortSignal | undefined;
}

export interface BlobListing extends Listing {
  readonly container: string;
  /** What the names of the blobs begin with: a folder with its `/`, or `''`. */
  readonly prefix: string;
}

/** The containers of the account, as folders. */
export async function* listContainers(listing: Listing): AsyncGenerator<readonly StorageEntry[]> {
  for await (const xml of pages(listing, undefined, [['comp', 'list']], { ahead: true })) {
    yield parseContainerPage(xml).map((name) => folderEntry(name as InnerPath));
  }
}

/** The direct children of a folder; no page at all when there is nothing under its prefix, not even a marker. */
export async function* listFolder(listing: BlobListing): AsyncGenerator<readonly StorageEntry[]> {
  const query: Query = [
    ['restype', 'container'],
    ['comp', 'list'],
    ['prefix', listing.prefix],
    ['delimiter', '/'],
    ['include', 'metadata'],
  ];
  const markers = new FolderMarkers();
  for await (const xml of pages(listing, listing.container, query, { ahead: true })) {
    const page = parseBlobPage(xml);
    if (page.blobs.length + page.prefixes.length > 0) yield toEntries(listing, page, markers);
  }
}

/** The first name under a prefix, and whether there is another; null when there is none. */
export async function peek(listing: BlobListing): Promise<{ name: string; more: boolean } | null> {
  const query: Query = [
    ['restype', 'container'],
    ['comp', 'list'],
    ['prefix', listing.prefix],
  ];
  // A page may be empty although there is more; it is rarely so for two names.
  for await (const xml of pages(listing, listing.container, query, { size: 2, ahead: false })) {
    const [first, second] = parseBlobPage(xml).blobs;
    if (first) return { name: first.name, more: second !== undefined };
  }
  return null;
}

interface PageOptions {
  /** Names on every page; absent: few on the first, many on the others. */
  readonly size?: number;
  /** Have the next page on its way while one is read. */
  readonly ahead: boolean;
}

async function* pages(
  listing: Listing,
  container: string | undefined,
  query: Query,
  { size, ahead }: PageOptions,
): AsyncGenerator<string, void, undefined> {
  const { service, folder, signal } = listing;
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  signal?.addEventListener('abort', forward, { once: true });
  const fetchPage = async (marker: string | null): Promise<string> => {
    const count = size ?? (marker === null ? firstPageSize : pageSize);
    const answer = await service.call({
      method: 'GET',
      ...(container !== undefined && { container }),
      query: [...query, ['maxresults', String(count)], ...(marker === null ? [] : [['marker', marker] as const])],
      signal: stop.signal,
      subject: folder === '' ? (container ?? '') : folder,
    });
    return textOf(answer, maxPageBytes);
  };
  const guard = new EndlessGuard(folder);
  try {
    checkSignal(signal);
    for (let next: Promise<string> | null = fetchPage(null); next; ) {
      const xml = await next;
      const marker = nextMarker(xml);
      guard.turn(xml, marker);
      next = marker === null || !ahead ? null : fetchPage(marker);
      // It is awaited later, or never when the listing is left.
      next?.catch(() => undefined);
      yield xml;
      if (marker !== null && !ahead) next = fetchPage(marker);
      checkSignal(signal);
    }
  } catch (error) {
    throw listingError(error, folder);
  } finally {
    signal?.removeEventListener('abort', forward);
    stop.abort();
  }
}

/** The same error, naming the folder: "could not answer" alone would not say for what. */
function listingError(error: unknown, folder: InnerPath): unknown {
  if (!(error instanceof StowageError) || error.code === 'cancelled' || error.code === 'not-found') return error;
  const subject = `“${visible(folder) || '/'}”`;
  if (error.message.includes(subject)) return error;
  return new StowageError(
    error.code,
    `The folder ${subject} could not be listed. ${error.message}`,
    { ...error.data, subject: folder },
    { cause: error },
  );
}

/** Notices a listing that goes round in a circle or never comes to an end. */
class EndlessGuard {
  readonly #folder: InnerPath;
  readonly #markers = new Set<string>();
  #empty = 0;

  constructor(folder: InnerPath) {
    this.#folder = folder;
  }

  /** @throws `io-error` */
  turn(xml: string, marker: string | null): void {
    this.#empty = xml.includes('<Name') ? 0 : this.#empty + 1;
    if (this.#empty > maxEmptyPages) throw this.#endless('it sends empty pages without an end');
    if (marker === null) return;
    if (this.#markers.has(marker)) throw this.#endless('it repeats itself');
    this.#markers.add(marker);
  }

  #endless(why: string): StowageError {
    const subject = `“${visible(this.#folder) || '/'}”`;
    return new StowageError('io-error', `The listing of the folder ${subject} does not come to an end: ${why}.`, {
      subject: this.#folder,
      hint: 'Something between this machine and Azure is wrong. Try again later.',
    });
  }
}

/** Folders that are told by a blob of their own name and by what is in them, so that they are given once. */
class FolderMarkers {
  readonly #given = new Set<string>();

  /** False when it was given already. */
  first(name: string): boolean {
    return !this.#given.delete(name);
  }

  remember(name: string): void {
    this.#given.add(name);
  }

  /** Names come in order: what would come before `name` comes no more. */
  forgetBefore(name: string): void {
    if (this.#given.size > 100) for (const given of this.#given) if (`${given}/` < name) this.#given.delete(given);
  }
}

function toEntries({ folder, prefix }: BlobListing, page: ListedPage, markers: FolderMarkers): StorageEntry[] {
  const entries: StorageEntry[] = [];
  const base = folder === '' ? '' : `${folder}/`;
  const pathOf = (name: string): InnerPath | StorageEntry => {
    const segment = decodeSegment(name);
    const why =
      listedNameProblem(segment) ?? (isReachable(name, segment) ? null : 'another program has encoded its name in its own way');
    return why === null ? ((base + segment) as InnerPath) : unsafeEntry(folder, segment, why);
  };
  for (const blob of page.blobs) {
    const name = blob.name.slice(prefix.length);
    // The marker of this folder itself.
    if (name === '' && blob.size === 0) continue;
    const path = pathOf(name);
    if (typeof path !== 'string') entries.push(path);
    else if (blob.folder && blob.size === 0) {
      markers.remember(name);
      entries.push(folderEntry(path));
    } else entries.push(listedEntry(path, blob));
  }
  for (const listed of page.prefixes) {
    const name = listed.slice(prefix.length, -1);
    if (!markers.first(name)) continue;
    const path = pathOf(name);
    entries.push(typeof path === 'string' ? folderEntry(path) : path);
  }
  const last = page.blobs.at(-1);
  if (last) markers.forgetBefore(last.name.slice(prefix.length));
  return entries;
}
