import type { Editable, HeaderName, Pair } from '#shared/contract/properties.ts';
import { headerNames } from '#shared/contract/properties.ts';
import { StowageError } from '#shared/errors.ts';
import type { NameRules } from '#shared/names.ts';
import { baseName, type InnerPath, isWithin, parentPath, visible } from '#shared/paths.ts';
import { checkLength, checkNotLonger, checkSignal, checkWriteKey, chunkBytes, consume } from '../bodies.ts';
import { checkNames } from '../names.ts';
import { applyChange, checkEdited, type EditPropertiesCapable, type HostProperties } from '../properties.ts';
import type {
  CallOptions,
  CopyCapable,
  RenameCapable,
  ResumableWrite,
  ResumableWriteCapable,
  StorageEntry,
  StorageProvider,
  WriteOptions,
} from '../provider.ts';

export type MemoryProvider = StorageProvider & RenameCapable & CopyCapable & ResumableWriteCapable & EditPropertiesCapable;

interface MemoryFile {
  readonly content: Uint8Array;
  readonly modified: number;
  readonly etag: string;
  readonly given: Given;
}
/** What was given to a file beside its content. */
interface Given {
  readonly headers: Readonly<Partial<Record<HeaderName, string>>>;
  readonly metadata: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly tier: string;
}
type Node = MemoryFile | { readonly children: Map<string, Node> };
type Folder = Extract<Node, { children: unknown }>;

const pageSize = 1000;
const nameRules: NameRules = { maxSegmentBytes: 255, windows: false };
const nothingGiven: Given = { headers: {}, metadata: [], tags: [], tier: 'Hot' };
const editable: Editable = {
  headers: [...headerNames],
  metadata: { names: 'identifier', maxPairs: 100, maxName: 128, maxValue: 1024, maxBytes: 4096 },
  tags: { names: 'tag', maxPairs: 10, maxName: 128, maxValue: 256, maxBytes: null },
  tiers: ['Hot', 'Cool'],
};

/** Storage in memory: the reference that says what the interface means. Not kept; for tests and for trying things out. */
export function createMemoryProvider(): MemoryProvider {
  const store = new MemoryStore();
  const unfinished = new Map<string, { chunks: Uint8Array[]; bytes: number }>();
  return {
    kind: 'memory',
    nameRules,
    caseSensitive: true,
    features: {
      rename: true,
      localPath: false,
      resumableWrite: true,
      space: false,
      emptyDirectories: true,
      modifiedTimes: true,
      listedTimes: true,
      copy: true,
      impliedFolders: false,
      containers: false,
      verifiedWrites: false,
      properties: true,
      editProperties: true,
      shareUrl: false,
    },
    list: (folder, call) => list(store, folder, call),
    stat: async (path, call = {}) => {
      checkSignal(call.signal);
      return toEntry(path, store.get(path));
    },
    read: async (path, options = {}) => {
      checkSignal(options.signal);
      const node = store.get(path);
      if ('children' in node) throw fail('is-a-directory', path, 'is a folder');
      const entry = toEntry(path, node);
      if (options.etag !== undefined && options.etag !== node.etag) {
        throw fail('precondition-failed', path, 'has changed since it was looked at');
      }
      const from = options.offset ?? 0;
      const bytes = node.content.subarray(from, options.length === undefined ? undefined : from + options.length);
      return { entry, body: chunks(bytes, options.signal) };
    },
    write: async (path, body, options = {}) => {
      checkSignal(options.signal);
      store.checkTarget(path, options.expect);
      const content = await collect(path, body, options);
      checkSignal(options.signal);
      return store.put(path, content, options);
    },
    makeDirectory: async (path, call = {}) => {
      checkSignal(call.signal);
      store.makeFolder(path);
    },
    remove: async (path, call = {}) => {
      checkSignal(call.signal);
      store.remove(path, call.etag);
    },
    rename: async (from, to, call = {}) => {
      checkSignal(call.signal);
      store.rename(from, to);
    },
    copy: async (from, to, options = {}) => {
      checkSignal(options.signal);
      const node = store.get(from);
      if ('children' in node) throw fail('is-a-directory', from, 'is a folder');
      if (options.etag !== undefined && options.etag !== node.etag) {
        throw fail('precondition-failed', from, 'has changed since it was looked at');
      }
      const kept = { modified: node.modified, given: node.given };
      return store.put(to, node.content, { ...kept, ...(options.expect && { expect: options.expect }) });
    },
    openWrite: async (path, key) => {
      checkWriteKey(key);
      store.checkTarget(path, undefined);
      const id = `${key} ${path}`;
      const state = unfinished.get(id) ?? { chunks: [], bytes: 0 };
      unfinished.set(id, state);
      return resumable(store, path, state, () => void unfinished.delete(id));
    },
    properties: async (path, call = {}) => {
      checkSignal(call.signal);
      return propertiesOf(path, store.get(path));
    },
    setProperties: async (path, change, { etag, signal }) => {
      checkSignal(signal);
      const node = store.get(path);
      const before = propertiesOf(path, node);
      checkEdited(before.entry, etag);
      const { headers, metadata, tags, tier } = applyChange(before, change);
      if ('children' in node) throw fail('is-a-directory', path, 'is a folder');
      const was = node.given;
      const given = {
        headers: headers ?? was.headers,
        metadata: metadata ?? was.metadata,
        tags: tags ?? was.tags,
        tier: tier ?? was.tier,
      };
      store.put(path, node.content, { modified: node.modified, given });
      return propertiesOf(path, store.get(path));
    },
    close: async () => undefined,
  };
}

function propertiesOf(path: InnerPath, node: Node): HostProperties {
  const share = { refusal: 'Storage in memory has no address to share.' };
  const entry = toEntry(path, node);
  if ('children' in node) return { entry, edit: { refusal: 'A folder has no properties of its own.' }, share };
  const { headers, metadata, tags } = node.given;
  return { entry, headers, metadata, tags, edit: editable, share };
}

const fail = (code: ConstructorParameters<typeof StowageError>[0], path: InnerPath, what: string): StowageError =>
  new StowageError(code, `“${visible(path) || '/'}” ${what}.`, { subject: path });

function toEntry(path: InnerPath, node: Node): StorageEntry {
  if ('children' in node) return { path, kind: 'directory', size: 0, modified: null };
  const { content, modified, etag, given } = node;
  return { path, kind: 'file', size: content.length, modified, etag, tier: given.tier };
}

class MemoryStore {
  readonly root: Folder = { children: new Map() };
  #writes = 0;

  find(path: InnerPath): Node | null {
    let node: Node | undefined = this.root;
    if (path === '') return node;
    for (const segment of path.split('/')) {
      if (!node || !('children' in node)) return null;
      node = node.children.get(segment);
    }
    return node ?? null;
  }

  get(path: InnerPath): Node {
    const node = this.find(path);
    if (!node) throw fail('not-found', path, 'does not exist');
    return node;
  }

  makeFolder(path: InnerPath): Folder {
    checkNames(path, nameRules);
    let folder: Folder = this.root;
    if (path === '') return folder;
    for (const segment of path.split('/')) {
      let next: Node | undefined = folder.children.get(segment);
      if (!next) {
        next = { children: new Map() };
        folder.children.set(segment, next);
      }
      if (!('children' in next)) throw fail('not-a-directory', path, 'cannot be made: a file is in the way');
      folder = next;
    }
    return folder;
  }

  checkTarget(path: InnerPath, expect: WriteOptions['expect']): void {
    checkNames(path, nameRules);
    const node = this.find(path);
    if (node && 'children' in node) throw fail('is-a-directory', path, 'is a folder');
    if (!expect) return;
    if ('absent' in expect && node) throw fail('precondition-failed', path, 'exists already');
    if ('etag' in expect && node?.etag !== expect.etag) {
      throw fail('precondition-failed', path, 'has changed or is gone since it was looked at');
    }
  }

  put(path: InnerPath, content: Uint8Array, options: WriteOptions & { given?: Given }): StorageEntry {
    this.checkTarget(path, options.expect);
    const { modified = Date.now(), given = nothingGiven } = options;
    const file: MemoryFile = { content, modified, etag: `m${++this.#writes}`, given };
    this.makeFolder(parentPath(path)).children.set(baseName(path), file);
    return toEntry(path, file);
  }

  remove(path: InnerPath, etag?: string): void {
    if (path === '') throw fail('bad-request', path, 'is the storage host itself and cannot be changed');
    const node = this.get(path);
    if (etag !== undefined && ('children' in node || node.etag !== etag))
      throw fail('precondition-failed', path, 'has changed since it was looked at');
    if ('children' in node && node.children.size > 0) throw fail('not-empty', path, 'is not empty');
    this.makeFolder(parentPath(path)).children.delete(baseName(path));
  }

  rename(from: InnerPath, to: InnerPath): void {
    if (from === '' || to === '') throw fail('bad-request', from, 'is the storage host itself and cannot be changed');
    const node = this.get(from);
    if (from !== to && isWithin(to, from)) throw fail('bad-request', from, 'cannot be moved into itself');
    checkNames(to, nameRules);
    if (this.find(to)) throw fail('exists', to, 'exists already');
    this.makeFolder(parentPath(to)).children.set(baseName(to), node);
    this.makeFolder(parentPath(from)).children.delete(baseName(from));
  }
}

async function* list(store: MemoryStore, folder: InnerPath, call: CallOptions = {}): AsyncGenerator<readonly StorageEntry[]> {
  const node = store.get(folder);
  if (!('children' in node)) throw fail('not-a-directory', folder, 'is not a folder');
  const names = [...node.children.keys()];
  for (let at = 0; at < names.length; at += pageSize) {
    checkSignal(call.signal);
    yield names.slice(at, at + pageSize).flatMap((name) => {
      const child = node.children.get(name);
      return child ? [toEntry((folder === '' ? name : `${folder}/${name}`) as InnerPath, child)] : [];
    });
  }
  checkSignal(call.signal);
}

async function* chunks(bytes: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    checkSignal(signal);
    yield bytes.slice(at, at + chunkBytes);
  }
}

async function collect(path: InnerPath, body: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  await consume(body, options.signal, (chunk) => {
    bytes += chunk.length;
    checkNotLonger(path, bytes, options.size);
    parts.push(new Uint8Array(chunk));
  });
  checkLength(path, bytes, options.size);
  return Buffer.concat(parts);
}

function resumable(
  store: MemoryStore,
  path: InnerPath,
  state: { chunks: Uint8Array[]; bytes: number },
  forget: () => void,
): ResumableWrite {
  return {
    granularity: 1,
    get committed() {
      return state.bytes;
    },
    truncate: async (length) => {
      const kept = Buffer.concat(state.chunks).subarray(0, length);
      state.chunks = [kept];
      state.bytes = kept.length;
    },
    append: async (body, options = {}) => {
      await consume(body, options.signal, (chunk) => {
        state.chunks.push(new Uint8Array(chunk));
        state.bytes += chunk.length;
      });
      return state.bytes;
    },
    scattered: null,
    readBack: (options = {}) => chunks(Buffer.concat(state.chunks), options.signal),
    finish: async (options = {}) => {
      checkSignal(options.signal);
      checkLength(path, state.bytes, options.size);
      const entry = store.put(path, Buffer.concat(state.chunks), options);
      forget();
      return entry;
    },
    abort: async () => forget(),
    close: async () => undefined,
  };
}
