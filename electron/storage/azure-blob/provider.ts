import type { PropertyChange } from '#shared/contract/properties.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import type { NameRules } from '#shared/names.ts';
import { baseName, type InnerPath, visible } from '#shared/paths.ts';
import type { HostSecret } from '../../services.ts';
import { checkSignal, checkWriteKey } from '../bodies.ts';
import { hostFolder } from '../host-folder.ts';
import { checkNames } from '../names.ts';
import {
  checkEdited,
  checkShare,
  type EditOptions,
  type EditPropertiesCapable,
  type HostProperties,
  type Share,
  type ShareUrlCapable,
} from '../properties.ts';
import type {
  CallOptions,
  ContainerCapable,
  CopyCapable,
  CopyOptions,
  OpenWriteOptions,
  ReadOptions,
  ReadResult,
  RemoveOptions,
  ResumableWrite,
  ResumableWriteCapable,
  StorageEntry,
  StorageProvider,
  WriteOptions,
} from '../provider.ts';
import type { HttpClientOptions } from '../remote/http.ts';
import { createPace } from '../remote/pace.ts';
import { openPartedWrite, type PartedWriteOptions, type PartStore, partBytesFor, writeInParts } from '../remote/parted-write.ts';
import { rangedRead } from '../remote/ranged-read.ts';
import { conditions, entryOf, folderEntry, isFolderMarker } from './blob-entry.ts';
import { createBlockStore } from './block-store.ts';
import { copyBlob } from './copy.ts';
import { listContainers, listFolder, peek } from './list.ts';
import { containerNameOf, maxSegmentBytes } from './names.ts';
import { createPlaces, type Place, type Places } from './place.ts';
import { type BlobPlace, blobProperties, folderProperties, setBlobProperties, shareBlob } from './properties.ts';
import { type AzureSettings, type BlobService, createBlobService } from './service.ts';

export type AzureBlobProvider = StorageProvider &
  ResumableWriteCapable &
  CopyCapable &
  ContainerCapable &
  EditPropertiesCapable &
  ShareUrlCapable;

export interface AzureBlobOptions {
  readonly readOnly?: boolean;
  readonly http?: HttpClientOptions;
}

/** Azure takes at most so many blocks for one blob. */
const maxBlocks = 50_000;

/**
 * An account, a container, or a folder in one as a storage host. Nothing is asked of Azure before the first call.
 * @throws `bad-request` for settings that name no place, `credentials-missing`
 */
export function createAzureBlobProvider(
  settings: AzureSettings,
  secret: HostSecret,
  options: AzureBlobOptions = {},
): AzureBlobProvider {
  return new AzureBlob(settings, createBlobService(settings, secret, options.http), options.readOnly ?? false);
}

class AzureBlob implements AzureBlobProvider {
  readonly kind = 'azure-blob';
  readonly caseSensitive = true;
  readonly nameRules: NameRules;
  readonly features: StorageProvider['features'];
  readonly #settings: AzureSettings;
  readonly #service: BlobService;
  readonly #places: Places;
  readonly #readOnly: boolean;
  readonly #up = createPace();
  readonly #down = createPace();

  constructor(settings: AzureSettings, service: BlobService, readOnly: boolean) {
    this.#settings = settings;
    this.#service = service;
    this.#places = createPlaces(settings);
    this.#readOnly = readOnly;
    this.nameRules = { maxSegmentBytes: maxSegmentBytes(this.#places.prefix), windows: false };
    this.features = {
      rename: false,
      localPath: false,
      resumableWrite: true,
      space: false,
      emptyDirectories: true,
      modifiedTimes: true,
      listedTimes: true,
      copy: true,
      impliedFolders: true,
      containers: settings.container === null,
      verifiedWrites: true,
      properties: true,
      editProperties: true,
      // A SAS signs nothing, however much it allows.
      shareUrl: service.credential !== null,
    };
    service.onThrottled = () => {
      this.#up.slowDown();
      this.#down.slowDown();
    };
  }

  async *list(folder: InnerPath, { signal }: CallOptions = {}): AsyncGenerator<readonly StorageEntry[]> {
    checkSignal(signal);
    const service = this.#service;
    if (this.#places.isAccount(folder)) {
      yield* listContainers({ service, folder, signal });
      return;
    }
    const { container, blob, rawBlob } = this.#places.find(folder);
    const top = folder === '' || blob === '';
    for (const name of rawBlob === null ? [blob] : [blob, rawBlob]) {
      let something = false;
      for await (const page of listFolder({ service, folder, signal, container, prefix: name === '' ? '' : `${name}/` })) {
        something = true;
        yield top ? page.filter(({ path }) => baseName(path) !== hostFolder) : page;
      }
      if (something) return;
    }
    // Only the root may be empty without a marker.
    if (folder === '' || blob === '') return;
    const entry = await this.stat(folder, { signal });
    if (entry.kind === 'file') throw new StowageError('not-a-directory', `“${visible(folder)}” is a file.`, { subject: folder });
  }

  async stat(path: InnerPath, { signal }: CallOptions = {}): Promise<StorageEntry> {
    checkSignal(signal);
    if (this.#places.isAccount(path)) return folderEntry(path);
    const place = this.#places.find(path);
    if (place.blob === '') return this.#statContainer(path, place.container, signal);
    if (path === '') return folderEntry(path);
    const file = await this.#head(path, place, signal);
    if (file) return file;
    if (await this.#folder(path, place, signal)) return folderEntry(path);
    throw notFound(path);
  }

  async #statContainer(path: InnerPath, container: string, signal: AbortSignal | undefined): Promise<StorageEntry> {
    if (this.#settings.container === null) {
      const answer = await this.#service.call({
        method: 'HEAD',
        container,
        query: [['restype', 'container']],
        signal,
        subject: path,
      });
      answer.http.discard();
    }
    return folderEntry(path);
  }

  /** The file (or, for a marker of its name, the folder) under a path; null when there is no such blob. */
  async #head(path: InnerPath, place: Place, signal: AbortSignal | undefined): Promise<StorageEntry | null> {
    const found = await this.#headBlob(path, place, signal);
    return found && (found.marker ? folderEntry(path) : found.entry);
  }

  async #headBlob(
    path: InnerPath,
    { container, blob, rawBlob }: Place,
    signal: AbortSignal | undefined,
  ): Promise<{ entry: StorageEntry; marker: boolean; blob: string } | null> {
    for (const name of rawBlob === null ? [blob] : [blob, rawBlob]) {
      const answer = await this.#service.call({ method: 'HEAD', container, blob: name, signal, subject: path, accept: [404] });
      answer.http.discard();
      const { headers } = answer.http;
      if (answer.status !== 404) return { entry: entryOf(path, headers), marker: isFolderMarker(headers), blob: name };
    }
    return null;
  }

  /** What is under a folder: its prefix, and whether there is more than its marker. Null when nothing is. */
  async #folder(
    path: InnerPath,
    { container, blob, rawBlob }: Place,
    signal: AbortSignal | undefined,
  ): Promise<{ prefix: string; empty: boolean } | null> {
    for (const name of rawBlob === null ? [blob] : [blob, rawBlob]) {
      const prefix = `${name}/`;
      const first = await peek({ service: this.#service, folder: path, signal, container, prefix }).catch((error: unknown) => {
        if (error instanceof StowageError && error.code === 'not-found') return null;
        throw error;
      });
      if (first) return { prefix, empty: first.name === prefix && !first.more };
    }
    return null;
  }

  async read(path: InnerPath, options: ReadOptions = {}): Promise<ReadResult> {
    checkSignal(options.signal);
    const isFolder = (): StowageError => new StowageError('is-a-directory', `“${visible(path)}” is a folder.`, { subject: path });
    if (this.#places.isAccount(path)) throw isFolder();
    const place = this.#places.find(path);
    if (place.blob === '' || path === '') throw isFolder();
    let name = place.blob;
    const source = {
      stat: (signal: AbortSignal | undefined) => this.stat(path, { signal }),
      open: async (offset: number, length: number, etag: string | undefined, signal: AbortSignal) => {
        const get = (blob: string) =>
          this.#service.call({
            method: 'GET',
            container: place.container,
            blob,
            headers: { range: `bytes=${offset}-${offset + length - 1}`, ...(etag !== undefined && { 'if-match': `"${etag}"` }) },
            signal,
            subject: path,
            accept: [404, 416],
          });
        let answer = await get(name);
        if (answer.status === 404 && place.rawBlob !== null && name === place.blob) {
          name = place.rawBlob;
          answer = await get(name);
        }
        if (answer.status === 404) {
          if (await this.#folder(path, place, signal)) throw isFolder();
          throw notFound(path);
        }
        if (answer.status === 416) return null;
        if (isFolderMarker(answer.http.headers)) throw isFolder();
        return { entry: entryOf(path, answer.http.headers), body: answer.http.body() };
      },
    };
    return rangedRead(source, path, options, { pace: this.#down });
  }

  async write(path: InnerPath, body: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<StorageEntry> {
    this.#checkChange(path, options.signal);
    const store = this.#store(path, null);
    return writeInParts(store, this.#parts(path, options), body, options);
  }

  async openWrite(path: InnerPath, key: string, options: OpenWriteOptions = {}): Promise<ResumableWrite> {
    this.#checkChange(path, options.signal);
    checkWriteKey(key);
    return openPartedWrite(this.#store(path, key), this.#parts(path, options));
  }

  #parts(path: InnerPath, { size, signal }: { size?: number | undefined; signal?: AbortSignal | undefined }): PartedWriteOptions {
    return { path, size, signal, partBytes: partBytesFor(size, maxBlocks), pace: this.#up, wholeMd5: true };
  }

  #store(path: InnerPath, key: string | null): PartStore {
    const { container, blob } = this.#places.make(path, 'file');
    return createBlockStore({
      service: this.#service,
      path,
      container,
      blob,
      key,
      makeContainer: this.#containerMaker(container),
      stat: (signal) => this.stat(path, { signal }),
    });
  }

  /** Containers are folders only where the account is the host; elsewhere one that is missing is a mistake to be told. */
  #containerMaker(container: string): ((signal: AbortSignal | undefined) => Promise<void>) | null {
    if (this.#settings.container !== null) return null;
    return async (signal) => {
      const query = [['restype', 'container']] as const;
      const accept = ['ContainerAlreadyExists'];
      const answer = await this.#service.call({ method: 'PUT', container, query, signal, subject: container, accept });
      answer.http.discard();
    };
  }

  async makeDirectory(path: InnerPath, { signal }: CallOptions = {}): Promise<void> {
    this.#checkChange(path, signal);
    if (path === '') return;
    const place = this.#places.make(path, 'folder');
    const makeContainer = this.#containerMaker(place.container);
    if (place.blob === '') {
      await makeContainer?.(signal);
      return;
    }
    const there = await this.#headBlob(path, place, signal);
    if (there?.marker) return;
    if (there) throw new StowageError('not-a-directory', `“${visible(path)}” is a file, not a folder.`, { subject: path });
    const store = createBlockStore({
      service: this.#service,
      path,
      container: place.container,
      blob: `${place.blob}/`,
      key: null,
      makeContainer,
      stat: (again) => this.stat(path, { signal: again }),
    });
    await store
      .whole(new Uint8Array(0), { signal, size: 0, md5: null, modified: undefined, expect: { absent: true } })
      .catch((error: unknown) => {
        if (!(error instanceof StowageError) || error.code !== 'precondition-failed') throw error;
      });
  }

  async remove(path: InnerPath, { signal, etag }: RemoveOptions = {}): Promise<void> {
    this.#checkChange(path, signal);
    if (path === '') throw new StowageError('bad-request', 'The root of the storage host cannot be removed.', { subject: path });
    const place = this.#places.find(path);
    if (place.blob === '') return this.#removeContainer(path, place.container, signal);
    for (const name of place.rawBlob === null ? [place.blob] : [place.blob, place.rawBlob]) {
      if (await this.#delete(path, { ...place, blob: name, rawBlob: null }, signal, etag)) return;
    }
    if (etag !== undefined) throw notFound(path);
    const folder = await this.#folder(path, place, signal);
    if (!folder) throw notFound(path);
    if (!folder.empty) throw notEmpty(path);
    await this.#delete(path, { ...place, blob: folder.prefix }, signal);
  }

  /** False when there is no such blob. Snapshots go with it, without which Azure would refuse. */
  async #delete(path: InnerPath, place: Place, signal: AbortSignal | undefined, etag?: string): Promise<boolean> {
    const { container, blob } = place;
    const headers = { 'x-ms-delete-snapshots': 'include', ...(etag !== undefined && conditions({ etag })) };
    try {
      const answer = await this.#service.call({
        method: 'DELETE',
        container,
        blob,
        headers,
        signal,
        subject: path,
        accept: [404],
      });
      answer.http.discard();
      return answer.status !== 404;
    } catch (error) {
      // What is not there has no etag either.
      if (!isStowageError(error, 'precondition-failed') || (await this.#headBlob(path, place, signal))) throw error;
      return false;
    }
  }

  async #removeContainer(path: InnerPath, container: string, signal: AbortSignal | undefined): Promise<void> {
    const first = await peek({ service: this.#service, folder: path, signal, container, prefix: '' });
    if (first) throw notEmpty(path);
    const answer = await this.#service.call({
      method: 'DELETE',
      container,
      query: [['restype', 'container']],
      signal,
      subject: path,
    });
    answer.http.discard();
  }

  async copy(from: InnerPath, to: InnerPath, options: CopyOptions = {}): Promise<StorageEntry> {
    this.#checkChange(to, options.signal);
    const target = this.#places.make(to, 'file');
    const source = this.#places.find(from);
    if (source.blob === '' || from === '')
      throw new StowageError('is-a-directory', `“${visible(from)}” is a folder.`, { subject: from });
    const found = await this.#headBlob(from, source, options.signal);
    if (!found || found.marker) {
      if (found || (await this.#folder(from, source, options.signal)))
        throw new StowageError('is-a-directory', `“${visible(from)}” is a folder.`, { subject: from });
      throw notFound(from);
    }
    await copyBlob({
      service: this.#service,
      source: { container: source.container, blob: found.blob, entry: found.entry },
      target: { container: target.container, blob: target.blob, path: to },
      options,
      makeContainer: this.#containerMaker(target.container),
    });
    return this.stat(to, { signal: options.signal });
  }

  async properties(path: InnerPath, { signal }: CallOptions = {}): Promise<HostProperties> {
    const entry = await this.stat(path, { signal });
    if (this.#places.isAccount(path)) return folderProperties(entry, null);
    const place = this.#places.find(path);
    if (entry.kind !== 'file') return folderProperties(entry, this.#service.plainUrl(place.container, place.blob || undefined));
    return blobProperties(this.#service, await this.#blobAt(path, place, signal), signal);
  }

  async setProperties(path: InnerPath, change: PropertyChange, options: EditOptions): Promise<HostProperties> {
    this.#checkChange(path, options.signal);
    const before = await this.properties(path, options);
    checkEdited(before.entry, options.etag);
    const blob = await this.#blobAt(path, this.#places.find(path), options.signal);
    await setBlobProperties(this.#service, blob, before, change, options.signal);
    return blobProperties(this.#service, blob, options.signal);
  }

  async shareUrl(path: InnerPath, share: Share, { signal }: CallOptions = {}): Promise<string> {
    const { entry, share: offer } = await this.properties(path, { signal });
    if (entry.kind !== 'file')
      throw new StowageError('is-a-directory', `“${visible(path) || '/'}” is a folder.`, { subject: path });
    checkShare(path, share, offer);
    return shareBlob(this.#service, await this.#blobAt(path, this.#places.find(path), signal), share);
  }

  /** Under which of its names the blob of a file lies. @throws `not-found` */
  async #blobAt(path: InnerPath, place: Place, signal: AbortSignal | undefined): Promise<BlobPlace> {
    const found = place.rawBlob === null ? place : await this.#headBlob(path, place, signal);
    if (!found) throw notFound(path);
    return { path, container: place.container, blob: found.blob };
  }

  containerName(name: string): string {
    return containerNameOf(name);
  }

  async close(): Promise<void> {
    this.#service.close();
  }

  #checkChange(path: InnerPath, signal: AbortSignal | undefined): void {
    checkSignal(signal);
    if (this.#readOnly) throw new StowageError('read-only', 'This storage host is read-only for Stowage.', { subject: path });
    checkNames(path, this.nameRules);
  }
}

const notFound = (path: InnerPath): StowageError =>
  new StowageError('not-found', `“${visible(path)}” does not exist.`, { subject: path });

const notEmpty = (path: InnerPath): StowageError =>
  new StowageError('not-empty', `The folder “${visible(path)}” is not empty.`, { subject: path });
