import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '#shared/contract/app.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { joinPath, parseInnerPath } from '#shared/paths.ts';
import { type Changes, createChanges } from '../events.ts';
import type { VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createTransfers, type Transfers, type TransfersOptions } from './transfers.ts';

/** A directory, a database and vfolders for tests of transfers; every vfolder is a folder of one local host. */
export interface Bench {
  readonly directory: string;
  readonly host: string;
  readonly transfers: Transfers;
  readonly seen: Change[];
  readonly changes: Changes;
  readonly database: Database;
  /** A vfolder, on the bench's host or on another. */
  vfolder(name: string, fields?: Partial<Vfolder>, provider?: StorageProvider): string;
  /** Resolves with the transfer once it is in one of these states. */
  until(id: number, ...states: Transfer['state'][]): Promise<Transfer>;
  /** Resolves once bytes of the transfer have gone. */
  begun(id: number): Promise<void>;
  /** Ends the core, keeping the data. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

export function openBench(
  at?: string,
  provider?: StorageProvider,
  options: Pick<TransfersOptions, 'bandwidthLimit' | 'patience'> = {},
): Bench {
  const directory = at ?? mkdtempSync(join(tmpdir(), 'stowage-transfers-'));
  const host = join(directory, 'host');
  mkdirSync(host, { recursive: true });
  const { database } = openDatabase(join(directory, 'home'));
  const changes = createChanges();
  const seen: Change[] = [];
  changes.on((change) => seen.push(change));
  const vfolders = new Map<string, Vfolder>();
  const providers = new Map<string, StorageProvider>();
  const store = provider ?? createLocalProvider(host);
  const lookup: VfolderLookup = {
    resolve: (name, path) => {
      const vfolder = vfolders.get(name);
      if (!vfolder) throw new StowageError('not-found', `There is no vfolder “${name}”.`, { subject: name });
      const inner = parseInnerPath(path);
      const root = parseInnerPath(name);
      return { vfolder, provider: providers.get(name) ?? store, root, inner, path: joinPath(root, inner) };
    },
    find: (name) => vfolders.get(name) ?? null,
    names: () => [...vfolders.keys()],
    automounts: () => [],
    ensure: () => Promise.reject(new Error('not here')),
    touch: () => undefined,
  };
  const transfers = createTransfers({ database, changes, lookup, ...options });
  const close = async (): Promise<void> => {
    await transfers.close();
    database.close();
  };
  return {
    directory,
    host,
    transfers,
    seen,
    changes,
    database,
    vfolder: (name, fields = {}, other = undefined) => {
      if (other) providers.set(name, other);
      vfolders.set(name, {
        id: `id-${name}`,
        name,
        host: { id: 'host', name: 'local', kind: 'local' },
        kind: 'managed',
        usage: 'general',
        permission: 'rw',
        note: '',
        mountPath: null,
        automount: false,
        localPath: join(host, name),
        place: name,
        broken: null,
        createdAt: 0,
        lastUsedAt: null,
        trashedAt: null,
        ...fields,
      });
      mkdirSync(join(host, name), { recursive: true });
      return join(host, name);
    },
    until: (id, ...states) => untilState(changes, transfers, id, states),
    begun: async (id) => {
      for await (const change of changes.subscribe()) {
        if (change.type === 'transfer' && change.transfer.id === id && change.transfer.bytes.done > 0) return;
      }
    },
    close,
    remove: async () => {
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilState(
  changes: Changes,
  transfers: Transfers,
  id: number,
  states: readonly Transfer['state'][],
): Promise<Transfer> {
  const { promise, resolve } = Promise.withResolvers<Transfer>();
  const off = changes.on((change) => {
    if (change.type === 'transfer' && change.transfer.id === id && states.includes(change.transfer.state))
      resolve(change.transfer);
  });
  const now = await transfers.service.get({ id }, {});
  if (states.includes(now.state)) resolve(now);
  try {
    return await promise;
  } finally {
    off();
  }
}
