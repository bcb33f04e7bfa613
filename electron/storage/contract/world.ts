import { afterEach, beforeEach } from 'vitest';
import type { InnerPath } from '#shared/paths.ts';
import { joinPath, parseInnerPath } from '#shared/paths.ts';
import type { EditPropertiesCapable, HostProperties, ShareUrlCapable } from '../properties.ts';
import type { CopyCapable, ResumableWrite, ResumableWriteCapable, StorageEntry, StorageProvider } from '../provider.ts';

/** How a provider joins the contract suite. */
export interface Joined {
  /** A fresh, empty storage. */
  open(): Promise<{ provider: StorageProvider; cleanUp(): Promise<void> }>;
}

/** What a topic of the suite works with: a fresh provider for every test. */
export interface World {
  readonly provider: StorageProvider;
}

export function freshWorld(joined: Joined): World {
  let opened: Awaited<ReturnType<Joined['open']>> | null = null;
  beforeEach(async () => {
    opened = await joined.open();
  });
  afterEach(async () => {
    await opened?.provider.close();
    await opened?.cleanUp();
    opened = null;
  });
  return {
    get provider() {
      if (!opened) throw new Error('no provider is open outside a test');
      return opened.provider;
    },
  };
}

/** What a host whose root holds only containers can do. */
type Whole = StorageProvider & ResumableWriteCapable & CopyCapable & EditPropertiesCapable & ShareUrlCapable;

/**
 * A folder of a provider as a provider of its own: how a host whose root holds only containers joins the suite, with a
 * container as the root.
 */
export function below(provider: Whole, folder: InnerPath): Whole {
  const down = (path: InnerPath): InnerPath => joinPath(folder, path);
  const up = (entry: StorageEntry): StorageEntry => ({ ...entry, path: entry.path.slice(folder.length + 1) as InnerPath });
  const upAll = (found: HostProperties): HostProperties => ({ ...found, entry: up(found.entry) });
  return {
    kind: provider.kind,
    nameRules: provider.nameRules,
    caseSensitive: provider.caseSensitive,
    features: { ...provider.features, containers: false },
    async *list(path, options) {
      for await (const page of provider.list(down(path), options)) yield page.map(up);
    },
    stat: async (path, options) => up(await provider.stat(down(path), options)),
    read: async (path, options) => {
      const { entry, body } = await provider.read(down(path), options);
      return { entry: up(entry), body };
    },
    write: async (path, body, options) => up(await provider.write(down(path), body, options)),
    makeDirectory: (path, options) => provider.makeDirectory(down(path), options),
    remove: (path, options) => provider.remove(down(path), options),
    copy: async (from, to, options) => up(await provider.copy(down(from), down(to), options)),
    properties: async (path, options) => upAll(await provider.properties(down(path), options)),
    setProperties: async (path, change, options) => upAll(await provider.setProperties(down(path), change, options)),
    shareUrl: (path, share, options) => provider.shareUrl(down(path), share, options),
    openWrite: async (path, key, options) => {
      const write = await provider.openWrite(down(path), key, options);
      const finish: ResumableWrite['finish'] = async (given) => up(await write.finish(given));
      return new Proxy(write, {
        get: (target, name) => {
          if (name === 'finish') return finish;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
    close: () => provider.close(),
  };
}

export const at = (path: string): InnerPath => parseInnerPath(path);

/** A content in chunks that are each overwritten by the next, as `ReadOptions.reuse` gives them. */
export async function* overwritten(content: Uint8Array, chunkBytes = 1024 * 1024): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; at < content.length; at += chunkBytes) {
    const chunk = content.subarray(at, at + chunkBytes);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
    buffer.fill(0);
  }
}

export async function* bytes(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

export const put = (provider: StorageProvider, path: string, content: string | Uint8Array): Promise<StorageEntry> =>
  provider.write(at(path), bytes(content));

/** Many small files, several at a time. */
export async function putMany(provider: StorageProvider, paths: readonly string[], content = ''): Promise<void> {
  const left = [...paths];
  const lane = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await put(provider, path, content);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of body) parts.push(chunk);
  return Buffer.concat(parts);
}

export async function textOf(provider: StorageProvider, path: string): Promise<string> {
  return (await collect((await provider.read(at(path))).body)).toString();
}

export async function listed(provider: StorageProvider, folder: string): Promise<StorageEntry[]> {
  const all: StorageEntry[] = [];
  for await (const page of provider.list(at(folder))) all.push(...page);
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const namesIn = async (provider: StorageProvider, folder: string): Promise<string[]> =>
  (await listed(provider, folder)).map(({ path }) => path);
