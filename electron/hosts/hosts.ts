import { constants, mkdirSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Host, HostKind, hostsContract } from '#shared/contract/hosts.ts';
import { assertNever, StowageError, toStowageError } from '#shared/errors.ts';
import { rootPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import { canReportSpace, hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';

export interface Hosts {
  readonly service: Service<typeof hostsContract>;
  /** The open provider of a host, always the same one. @throws `not-found` */
  provider(hostId: string): StorageProvider;
  /** @throws `not-found` */
  describe(hostId: string): { id: string; name: string; kind: HostKind };
  defaultHostId(): string;
  close(): Promise<void>;
}

interface HostRow {
  id: string;
  name: string;
  kind: HostKind;
  config: string;
  is_default: number;
}

interface HostConfig {
  root: string;
  readOnly?: boolean;
}

const localHostId = 'local';

/**
 * The configured storage hosts. At the first start the local host is made, with `localRoot` (absolute) as its folder;
 * afterwards the folder is never made again by itself, since a missing one can mean a disk that is not connected.
 */
export function createHosts({
  database,
  changes,
  localRoot,
}: {
  database: Database;
  changes: Changes;
  localRoot: string;
}): Hosts {
  const providers = new Map<string, StorageProvider>();
  const find = (hostId: string): HostRow => {
    const row = database.get<HostRow>('SELECT id, name, kind, config, is_default FROM hosts WHERE id = ?', hostId);
    if (row) return row;
    throw new StowageError('not-found', `There is no storage host “${visible(hostId)}”.`, { subject: hostId });
  };
  const provider = (hostId: string): StorageProvider => {
    let open = providers.get(hostId);
    if (!open) {
      const row = find(hostId);
      open = openProvider(row.kind, readConfig(row));
      providers.set(hostId, open);
    }
    return open;
  };
  if (!database.get('SELECT id FROM hosts WHERE id = ?', localHostId)) {
    addLocalHost(database, localRoot);
    changes.emit({ type: 'hosts' });
  }
  return {
    service: {
      list: () => {
        const rows = database.all<HostRow>('SELECT id, name, kind, config, is_default FROM hosts ORDER BY is_default DESC, name');
        return Promise.all(rows.map((row) => describeHost(database, row, provider(row.id))));
      },
    },
    provider,
    describe: (hostId) => {
      const { id, name, kind } = find(hostId);
      return { id, name, kind };
    },
    defaultHostId: () =>
      database.get<{ id: string }>('SELECT id FROM hosts ORDER BY is_default DESC, id LIMIT 1')?.id ?? localHostId,
    close: async () => {
      await Promise.all([...providers.values()].map((open) => open.close()));
      providers.clear();
    },
  };
}

function addLocalHost(database: Database, localRoot: string): void {
  try {
    mkdirSync(localRoot, { recursive: true, mode: 0o755 });
  } catch (error) {
    // The app starts all the same; the host's status says what is wrong.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  database.run(
    'INSERT INTO hosts (id, name, kind, config, is_default, created_at) VALUES (?, ?, ?, ?, 1, ?)',
    localHostId,
    'local',
    'local',
    JSON.stringify({ root: localRoot } satisfies HostConfig),
    Date.now(),
  );
}

const readConfig = (row: HostRow): HostConfig => JSON.parse(row.config) as HostConfig;

function openProvider(kind: HostKind, config: HostConfig): StorageProvider {
  switch (kind) {
    case 'local':
      return createLocalProvider(config.root, { readOnly: config.readOnly ?? false });
    case 'memory':
      return createMemoryProvider();
    default:
      return assertNever(kind);
  }
}

async function describeHost(database: Database, row: HostRow, provider: StorageProvider): Promise<Host> {
  const config = readConfig(row);
  const vfolders = database.all<{ name: string }>(
    'SELECT name FROM vfolders WHERE host_id = ? AND trashed_at IS NULL ORDER BY name',
    row.id,
  );
  const status = await checkHost(provider, config);
  const space = canReportSpace(provider) ? await provider.space().catch(() => null) : null;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    root: config.root,
    readOnly: config.readOnly ?? false,
    isDefault: row.is_default === 1,
    status,
    freeBytes: space?.freeBytes ?? null,
    totalBytes: space?.totalBytes ?? null,
    vfolders: vfolders.map(({ name }) => name),
  };
}

/** Whether the host can be listed and, unless it is read-only, written; the message is a sentence for people. */
async function checkHost(provider: StorageProvider, config: HostConfig): Promise<Host['status']> {
  try {
    for await (const _page of provider.list(rootPath)) break;
  } catch (error) {
    const { message, data } = toStowageError(error);
    return { state: 'error', message: data.hint ? `${message} ${data.hint}` : message };
  }
  if (config.readOnly) return { state: 'ok', message: 'Ready, read-only.' };
  if (hasLocalPath(provider)) {
    const writable = await access(provider.localPath(rootPath), constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!writable) {
      return {
        state: 'error',
        message: `The folder “${visible(config.root)}” cannot be written. Change its permissions.`,
      };
    }
  }
  return { state: 'ok', message: 'Ready.' };
}
