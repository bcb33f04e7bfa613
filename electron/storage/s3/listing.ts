import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { checkSignal } from '../bodies.ts';
import { hostFolder } from '../host-folder.ts';
import type { CallOptions, StorageEntry } from '../provider.ts';
import { listedNameProblem, unsafeEntry } from '../remote/listed-names.ts';
import { folderEntry, md5OfEtag, plainEtag, tierOf } from './entries.ts';
import { isBucketName, type Keys, type Place } from './keys.ts';
import { type ListPage, parseListPage } from './list-page.ts';
import type { S3Service } from './service.ts';

/** 1,000 keys of 1,024 bytes, each encoded in three characters, and more. */
const maxPageBytes = 16 * 1024 * 1024;

/** One answer of a listing of the service. */
interface Page {
  readonly entries: StorageEntry[];
  /** The folder's own marker was among it, or anything else: the folder is there. */
  readonly proves: boolean;
}

export interface Lister {
  /** The direct children of a folder; `onNothing` is asked when the service knows nothing below it. */
  list(place: Place, signal: AbortSignal | undefined, onNothing: () => Promise<void>): AsyncGenerator<readonly StorageEntry[]>;
  buckets(options: CallOptions): AsyncGenerator<readonly StorageEntry[]>;
  /** Keys below a folder, its marker included, at most `count`. @throws `not-found` when there is no such bucket */
  peek(place: Place, count: number, signal: AbortSignal | undefined): Promise<string[]>;
  /** Once told that ETags of a bucket are no MD5 sums, listings of it no longer say so. */
  distrustEtags(bucket: string): void;
}

export function createLister(service: S3Service, keys: Keys): Lister {
  const distrusted = new Set<string>();
  const ask = async (place: Place, query: Record<string, string>, signal: AbortSignal | undefined): Promise<ListPage> => {
    const bucket = { ...place, key: '' };
    const all = { 'list-type': '2', 'encoding-type': 'url', prefix: keys.folderPrefix(place), ...query };
    const answer = await service.fetch(bucket, { method: 'GET', query: all, signal });
    const page = parseListPage((await answer.bytes(maxPageBytes)).toString('utf8'));
    if (!page) throw noListing(place.path, service.endpoint);
    return page;
  };
  const fetchPage: FolderListing['fetchPage'] = (place, token, signal) =>
    ask(place, { delimiter: '/', ...(token !== undefined && { 'continuation-token': token }) }, signal);
  const read = (place: Place, output: ListPage): Page => {
    const prefix = keys.folderPrefix(place);
    const hidesOwn = place.key === '' && (keys.bucket !== null ? place.path === '' : true);
    return readPage(output, { place, prefix, hidesOwn, md5: !distrusted.has(place.bucket) });
  };
  return {
    list: (place, signal, onNothing) => listFolder({ place, signal, onNothing, fetchPage, read }),
    buckets: (options) => listBuckets(service, options),
    peek: async (place, count, signal) => {
      const { objects } = await ask(place, { 'max-keys': String(count) }, signal);
      return objects.map(({ key }) => key);
    },
    distrustEtags: (bucket) => void distrusted.add(bucket),
  };
}

interface FolderListing {
  readonly place: Place;
  readonly signal: AbortSignal | undefined;
  onNothing(): Promise<void>;
  fetchPage(place: Place, token: string | undefined, signal: AbortSignal | undefined): Promise<ListPage>;
  read(place: Place, output: ListPage): Page;
}

/** Gives pages as they come, the next being asked for while one is used. */
async function* listFolder(listing: FolderListing): AsyncGenerator<readonly StorageEntry[]> {
  const { place, signal } = listing;
  const seen = new Set<string>();
  let proven = false;
  let next: Promise<ListPage> | null = listing.fetchPage(place, undefined, signal);
  while (next) {
    const output: ListPage = await next;
    next = null;
    if (output.truncated) {
      const { token } = output;
      if (token === '' || seen.has(token)) throw endless(place.path);
      seen.add(token);
      next = listing.fetchPage(place, token, signal);
      // It is awaited after the page is used, or not at all.
      next.catch(() => undefined);
    }
    const page = listing.read(place, output);
    proven ||= page.proves;
    if (page.entries.length > 0) yield page.entries;
    checkSignal(signal);
  }
  if (!proven) await listing.onNothing();
}

const endless = (folder: InnerPath): StowageError =>
  new StowageError('io-error', `The listing of “${visible(folder) || '/'}” does not end: the service begins it anew.`, {
    subject: folder,
    detail: 'a continuation token came twice, or was missing',
  });

const noListing = (folder: InnerPath, endpoint: string): StowageError =>
  new StowageError('io-error', `“${visible(folder) || '/'}” cannot be listed: what ${endpoint} answers is no listing.`, {
    subject: folder,
    hint: 'It may be no S3 service: look at the endpoint of the storage host.',
  });

interface PageReading {
  readonly place: Place;
  readonly prefix: string;
  readonly hidesOwn: boolean;
  readonly md5: boolean;
}

function readPage(output: ListPage, { place, prefix, hidesOwn, md5 }: PageReading): Page {
  const folder = place.path;
  const entries: StorageEntry[] = [];
  let proves = false;
  for (const listed of output.prefixes) {
    proves = true;
    const name = listed.slice(prefix.length, -1);
    if (hidesOwn && name === hostFolder) continue;
    entries.push(checkedEntry(folder, name, (path) => folderEntry(path)));
  }
  for (const { key, size, etag: quoted, modified, storageClass } of output.objects) {
    proves = true;
    // The folder's marker.
    if (key === prefix) continue;
    const etag = plainEtag(quoted);
    const sum = md5 ? md5OfEtag(etag) : undefined;
    const entry = {
      kind: 'file',
      size,
      modified,
      etag,
      tier: tierOf(storageClass),
      ...(sum !== undefined && { md5: sum }),
    } as const;
    entries.push(checkedEntry(folder, key.slice(prefix.length), (path) => ({ path, ...entry })));
  }
  return { entries, proves };
}

/** The entry of a listed name, or one that says why the name is left alone. */
function checkedEntry(folder: InnerPath, name: string, make: (path: InnerPath) => StorageEntry): StorageEntry {
  const problem = listedNameProblem(name);
  if (problem !== null) return unsafeEntry(folder, name, problem);
  return make((folder === '' ? name : `${folder}/${name}`) as InnerPath);
}

async function* listBuckets(service: S3Service, { signal }: CallOptions): AsyncGenerator<readonly StorageEntry[]> {
  let token: string | undefined;
  const seen = new Set<string>();
  do {
    const output = await service.send({ place: null, signal }, (client, options) =>
      client.send(new ListBucketsCommand(token === undefined ? {} : { ContinuationToken: token }), options),
    );
    if (!output.Buckets && !output.Owner) throw noListing('' as InnerPath, service.endpoint);
    const entries = (output.Buckets ?? []).flatMap(({ Name = '', CreationDate }) =>
      isBucketName(Name) ? [{ ...folderEntry(Name as InnerPath), modified: CreationDate?.getTime() ?? null }] : [],
    );
    if (entries.length > 0) yield entries;
    checkSignal(signal);
    token = output.ContinuationToken;
    if (token !== undefined && seen.has(token)) throw endless('' as InnerPath);
    if (token !== undefined) seen.add(token);
  } while (token !== undefined);
}
