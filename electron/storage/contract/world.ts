import { afterEach, beforeEach } from 'vitest';
import type { InnerPath } from '#shared/paths.ts';
import { parseInnerPath } from '#shared/paths.ts';
import type { StorageEntry, StorageProvider } from '../provider.ts';

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

export const at = (path: string): InnerPath => parseInnerPath(path);

export async function* bytes(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

export const put = (provider: StorageProvider, path: string, content: string | Uint8Array): Promise<StorageEntry> =>
  provider.write(at(path), bytes(content));

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
