import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, isWithin, parentPath, visible } from '#shared/paths.ts';
import { checkLength, checkSignal, chunkBytes, consume } from './bodies.ts';
import { checkNames } from './names.ts';
import type { ContainerCapable, CopyCapable, CopyOptions, StorageEntry, StorageProvider, WriteOptions } from './provider.ts';

/** What a test sees and does beside the interface. */
export interface ObjectStore extends StorageProvider, CopyCapable, ContainerCapable {
  /** Keys as the service has them: `path` of a file, `path/` of a folder's marker. */
  readonly keys: () => string[];
  /** How often each method was called. */
  readonly calls: Record<'list' | 'stat' | 'write' | 'copy' | 'remove' | 'makeDirectory', number>;
  /** Called before each request; what it throws is how the request fails. */
  fault: (method: string, path: InnerPath) => void;
}

interface StoredObject {
  readonly content: Uint8Array;
  readonly modified: number;
  readonly etag: string;
}

const hidden = '.stowage';
const nameRules = { maxSegmentBytes: 1024, windows: false };

/**
 * An object store in memory, for tests: flat keys, folders that are implied or marked by a key that ends with `/`, no
 * renaming, copies inside the service. With `containers` the first segment of every path is a container, which has to
 * be made. Held to the storage contract like every provider (object-store.test.ts).
 */
export function createObjectStore(options: { containers?: boolean; pageSize?: number } = {}): ObjectStore {
  const containers = options.containers ?? false;
  const objects = new Map<string, StoredObject>();
  let writes = 0;
  const calls: ObjectStore['calls'] = { list: 0, stat: 0, write: 0, copy: 0, remove: 0, makeDirectory: 0 };
  const request = async (method: keyof ObjectStore['calls'], path: InnerPath, signal?: AbortSignal): Promise<void> => {
    checkSignal(signal);
    calls[method]++;
    store.fault(method, path);
    // Answers come later, as over a network.
    await new Promise((resolve) => setImmediate(resolve));
    checkSignal(signal);
  };
  const isFolder = (path: InnerPath): boolean => path === '' || [...objects.keys()].some((key) => key.startsWith(`${path}/`));
  const entryOf = (path: InnerPath): StorageEntry | null => {
    const object = objects.get(path);
    if (object) return fileEntry(path, object);
    return isFolder(path) ? { path, kind: 'directory', size: 0, modified: null } : null;
  };
  /** A file and a folder of one name lie side by side. */
  const entriesOf = (path: InnerPath): StorageEntry[] => {
    const object = objects.get(path);
    const folder: StorageEntry[] = isFolder(path) ? [{ path, kind: 'directory', size: 0, modified: null }] : [];
    return object ? [fileEntry(path, object), ...folder] : folder;
  };
  const checkContainer = (path: InnerPath): void => {
    const [container = ''] = path.split('/');
    if (!containers || path === '' || objects.has(`${container}/`)) return;
    throw fail('not-found', path, 'is in a container that does not exist');
  };
  const checkTarget = (path: InnerPath, expect: WriteOptions['expect']): void => {
    checkNames(path, nameRules);
    checkContainer(path);
    const there = objects.get(path);
    if (!there && isFolder(path)) throw fail('is-a-directory', path, 'is a folder');
    if (expect && 'absent' in expect && there) throw fail('precondition-failed', path, 'exists already');
    if (expect && 'etag' in expect && there?.etag !== expect.etag) throw fail('precondition-failed', path, 'has changed');
  };
  const put = (path: InnerPath, content: Uint8Array, modified: number | undefined): StorageEntry => {
    const object = { content, modified: modified ?? Date.now(), etag: `o${++writes}` };
    objects.set(path, object);
    return fileEntry(path, object);
  };
  const find = (path: InnerPath): StorageEntry => {
    const entry = entryOf(path);
    if (!entry) throw fail('not-found', path, 'does not exist');
    return entry;
  };
  const store: ObjectStore = {
    kind: 'memory',
    nameRules,
    caseSensitive: true,
    features: {
      rename: false,
      localPath: false,
      resumableWrite: false,
      space: false,
      emptyDirectories: true,
      modifiedTimes: true,
      listedTimes: true,
      copy: true,
      impliedFolders: true,
      containers,
      verifiedWrites: true,
      properties: false,
      editProperties: false,
      shareUrl: false,
    },
    keys: () => [...objects.keys()].sort(),
    calls,
    fault: () => undefined,
    containerName: (name) => name.toLowerCase().replace(/[^a-z0-9-]/g, '-'),
    list: async function* (folder, { signal } = {}) {
      await request('list', folder, signal);
      if (!isFolder(folder)) throw fail(objects.has(folder) ? 'not-a-directory' : 'not-found', folder, 'is not a folder');
      const names = childNames(objects, folder);
      const size = options.pageSize ?? 1000;
      for (let at = 0; at < names.length; at += size) {
        if (at > 0) await request('list', folder, signal);
        yield names
          .slice(at, at + size)
          .filter((name) => name !== hidden || parentDepth(folder) > (containers ? 1 : 0) || (containers && folder === ''))
          .flatMap((name) => entriesOf((folder === '' ? name : `${folder}/${name}`) as InnerPath));
      }
    },
    stat: async (path, { signal } = {}) => {
      await request('stat', path, signal);
      return find(path);
    },
    read: async (path, { offset = 0, length, etag, signal } = {}) => {
      checkSignal(signal);
      const entry = find(path);
      const object = objects.get(path);
      if (!object) throw fail('is-a-directory', path, 'is a folder');
      if (etag !== undefined && etag !== object.etag) throw fail('precondition-failed', path, 'has changed');
      return { entry, body: pieces(object.content.subarray(offset, length === undefined ? undefined : offset + length), signal) };
    },
    write: async (path, body, write = {}) => {
      await request('write', path, write.signal);
      checkTarget(path, write.expect);
      const parts: Uint8Array[] = [];
      await consume(body, write.signal, (chunk) => void parts.push(new Uint8Array(chunk)));
      const content = Buffer.concat(parts);
      checkLength(path, content.length, write.size);
      checkTarget(path, write.expect);
      return put(path, content, write.modified);
    },
    copy: async (from, to, copy: CopyOptions = {}) => {
      await request('copy', from, copy.signal);
      const object = objects.get(from);
      if (!object) throw fail(find(from).kind === 'directory' ? 'is-a-directory' : 'not-found', from, 'cannot be copied');
      if (copy.etag !== undefined && copy.etag !== object.etag) throw fail('precondition-failed', from, 'has changed');
      checkTarget(to, copy.expect);
      return put(to, object.content, object.modified);
    },
    makeDirectory: async (path, { signal } = {}) => {
      await request('makeDirectory', path, signal);
      checkNames(path, nameRules);
      for (let at = path; at !== ''; at = parentPath(at)) {
        if (objects.has(at)) throw fail('not-a-directory', path, 'cannot be made: a file is in the way');
      }
      if (containers && path.includes('/')) checkContainer(path);
      if (path !== '') objects.set(`${path}/`, { content: new Uint8Array(), modified: Date.now(), etag: `o${++writes}` });
    },
    remove: async (path, { signal, etag } = {}) => {
      await request('remove', path, signal);
      if (path === '') throw fail('bad-request', path, 'is the storage host itself and cannot be changed');
      const there = objects.get(path);
      if (there && etag !== undefined && there.etag !== etag) throw fail('precondition-failed', path, 'has changed since');
      if (objects.delete(path)) return;
      if (!isFolder(path)) throw fail('not-found', path, 'does not exist');
      if ([...objects.keys()].some((key) => key !== `${path}/` && isWithin(key, path)))
        throw fail('not-empty', path, 'is not empty');
      objects.delete(`${path}/`);
    },
    close: async () => undefined,
  };
  return store;
}

const fail = (code: ConstructorParameters<typeof StowageError>[0], path: InnerPath, what: string): StowageError =>
  new StowageError(code, `“${visible(path) || '/'}” ${what}.`, { subject: path });

const fileEntry = (path: InnerPath, { content, modified, etag }: StoredObject): StorageEntry => ({
  path,
  kind: 'file',
  size: content.length,
  modified,
  etag,
});

const parentDepth = (folder: InnerPath): number => (folder === '' ? 0 : folder.split('/').length);

function childNames(objects: ReadonlyMap<string, StoredObject>, folder: InnerPath): string[] {
  const names = new Set<string>();
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const key of objects.keys()) {
    if (!key.startsWith(prefix) || key === prefix) continue;
    const [name = ''] = key.slice(prefix.length).split('/');
    names.add(baseName(name));
  }
  return [...names].sort();
}

async function* pieces(content: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += chunkBytes) {
    checkSignal(signal);
    yield content.slice(at, at + chunkBytes);
  }
}
