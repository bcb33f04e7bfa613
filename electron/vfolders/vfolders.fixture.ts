import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '#shared/contract/app.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { type Changes, createChanges } from '../events.ts';
import { createHosts, type Hosts } from '../hosts/hosts.ts';
import { secretsInMemory } from '../secrets/secrets.fixture.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createVfolders, type Vfolders } from './vfolders.ts';

/** The vfolders of a fresh data directory, for tests. Beside the local host there is the host `store` when one is given. */
export interface VfolderWorld {
  /** Outside the data directory and the local host: what may be linked lies in it. */
  readonly outside: string;
  readonly home: string;
  /** Of the local host. */
  readonly root: string;
  readonly database: Database;
  readonly changes: Changes;
  readonly seen: Change[];
  readonly hosts: Hosts;
  readonly vfolders: Vfolders;
  /** What the settings allow links to point into. */
  linkRoots: string[];
  /** As the end and the next start of the app, without waiting for what was under way. */
  restart(): Promise<void>;
  names(trashed?: boolean): Promise<string[]>;
  create(name: string, host?: string): Promise<Vfolder>;
  close(): Promise<void>;
}

export const storeHostId = 'store';

export async function createVfolderWorld(store?: StorageProvider): Promise<VfolderWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-vfolders-'));
  const [outside, home, root] = ['outside', 'home', 'Stowage'].map((name) => join(directory, name)) as [string, string, string];
  for (const folder of [outside, home]) mkdirSync(folder);
  let state = open();
  function open(): Pick<VfolderWorld, 'database' | 'changes' | 'seen' | 'hosts' | 'vfolders'> {
    const { database } = openDatabase(home);
    const changes = createChanges();
    const seen: Change[] = [];
    changes.on((change) => seen.push(change));
    const real = createHosts({ database, changes, localRoot: root, ...secretsInMemory() });
    if (store && !database.get('SELECT id FROM hosts WHERE id = ?', storeHostId)) {
      const config = JSON.stringify({ settings: { kind: 'memory' }, readOnly: false });
      const sql = `INSERT INTO hosts (id, name, kind, config, is_default, created_at) VALUES (?, 'store', 'memory', ?, 0, 2)`;
      database.run(sql, storeHostId, config);
    }
    const provider = (id: string): StorageProvider => (store && id === storeHostId ? store : real.provider(id));
    const hosts: Hosts = { ...real, provider };
    const links = { roots: () => world.linkRoots, home };
    const vfolders = createVfolders({ database, changes, hosts, links, startClone: async () => 1 });
    return { database, changes, seen, hosts, vfolders };
  }
  const world: VfolderWorld = {
    outside,
    home,
    root,
    linkRoots: [outside],
    get database() {
      return state.database;
    },
    get changes() {
      return state.changes;
    },
    get seen() {
      return state.seen;
    },
    get hosts() {
      return state.hosts;
    },
    get vfolders() {
      return state.vfolders;
    },
    restart: async () => {
      state.database.close();
      state = open();
      await state.vfolders.ready;
    },
    names: async (trashed = false) => (await state.vfolders.service.list({ trashed }, {})).map(({ name }) => name),
    create: async (name, host) => state.vfolders.service.create({ name, host }, {}),
    close: async () => {
      await state.vfolders.ready;
      state.database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await state.vfolders.ready;
  return world;
}
