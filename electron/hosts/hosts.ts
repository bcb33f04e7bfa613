import { mkdirSync } from 'node:fs';
import type { Host, HostKind, HostSettings, hostsContract } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import { hostRoot } from '#shared/hosts/attach.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { Redactor, RemoteAccess, Secrets } from '../services.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { type Access, createAccess } from './access.ts';
import { checkExpiry } from './checks.ts';
import { add, type ChangeTools, remove, update } from './host-changes.ts';
import { createHostRows, type HostRow, type HostRows } from './rows.ts';
import { createStatuses, type Known } from './statuses.ts';
import { lookAt, testKnown, testNew } from './trial.ts';

export interface Hosts extends RemoteAccess {
  readonly service: Service<typeof hostsContract>;
  /**
   * The provider of a host, always the same one: it stays when settings or secret change. Given also when the secret is
   * missing; its calls then fail with `credentials-missing`. @throws `not-found`
   */
  provider(hostId: string): StorageProvider;
  /** By id, or by name. @throws `not-found` */
  describe(idOrName: string): { id: string; name: string; kind: HostKind; readOnly: boolean; settings: HostSettings };
  defaultHostId(): string;
  /** Checks all hosts now, and gives them as they are then; waits no longer than a check may take. */
  examine(): Promise<Host[]>;
  /** Calls back when a host got other credentials or settings, so that what waited for them can go on. */
  onReopened(listener: (hostId: string) => void): void;
  close(): Promise<void>;
}

export interface HostsOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  /** Absolute; the folder of the host that is made at the first start. */
  readonly localRoot: string;
}

/** How long the first list waits for hosts of which nothing is known; those on this machine answer long before. */
const firstListMs = 300;

/**
 * The configured storage hosts. At the first start a local host is made; afterwards its folder is never made again by
 * itself, since a missing one can mean a disk that is not connected.
 */
export function createHosts({ database, changes, secrets, redactor, localRoot }: HostsOptions): Hosts {
  const rows = createHostRows(database);
  const access = createAccess(rows, secrets, redactor);
  const changed = (): void => changes.emit({ type: 'hosts' });
  const statuses = createStatuses({
    check: async (hostId, before, signal) => lookAt(access.subject(rows.find(hostId)), before, signal),
    changed,
  });
  const show = (row: HostRow): Host => showHost(row, rows, access, statuses.get(row.id));
  const reopened: ((hostId: string) => void)[] = [];
  const reopen = (hostId: string): void => {
    access.reopen(hostId);
    statuses.forget(hostId);
    changed();
    // They show the name of their host, and cannot be written when it is read-only.
    changes.emit({ type: 'vfolders' });
    for (const listener of reopened) listener(hostId);
  };
  const tools: ChangeTools = { rows, access, statuses, secrets, changed, show, reopen };
  if (rows.all().length === 0) {
    addLocalHost(rows, localRoot);
    changed();
  }
  const ids = (): string[] => rows.all().map(({ id }) => id);
  return {
    service: {
      list: async () => {
        await statuses.firstChecks(ids(), firstListMs);
        return rows.all().map(show);
      },
      get: ({ id }) => show(rows.find(id)),
      test: (input, call) => {
        const trialTools = { rows, access, statuses, redactor };
        return 'id' in input ? testKnown(input.id, trialTools, call) : testNew(input, trialTools, call);
      },
      add: (input) => add(input, tools),
      update: (input) => update(input, tools),
      remove: ({ id }) => remove(id, tools),
      secretStorage: () => secrets.describe(),
    },
    provider: (hostId) => access.provider(hostId),
    describe: (idOrName) => {
      const { id, name, kind, readOnly, settings } = rows.find(idOrName);
      return { id, name, kind, readOnly, settings };
    },
    defaultHostId: () => defaultHost(rows).id,
    credentials: (hostId) => access.credentials(hostId),
    examine: async () => {
      await Promise.all(ids().map((id) => statuses.check(id)));
      return rows.all().map(show);
    },
    onReopened: (listener) => void reopened.push(listener),
    close: async () => {
      await statuses.close();
      await access.close();
    },
  };
}

function defaultHost(rows: HostRows): HostRow {
  const [first] = rows.all();
  if (first) return first;
  throw new StowageError('not-found', 'There is no storage host.', { hint: 'Add one.' });
}

function addLocalHost(rows: HostRows, localRoot: string): void {
  try {
    mkdirSync(localRoot, { recursive: true, mode: 0o755 });
  } catch (error) {
    // The app starts all the same; the host's status says what is wrong.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  rows.insert({
    name: 'local',
    kind: 'local',
    settings: { kind: 'local', root: localRoot },
    readOnly: false,
    wellKnown: false,
    isDefault: true,
  });
}

function showHost(row: HostRow, rows: HostRows, access: Access, { status, space }: Known): Host {
  const secret = access.secretPlace(row);
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    root: hostRoot(row.settings),
    settings: row.settings,
    secret,
    readOnly: row.readOnly,
    isDefault: row.isDefault,
    status: overdue(row) ?? status,
    freeBytes: space?.freeBytes ?? null,
    totalBytes: space?.totalBytes ?? null,
    vfolders: rows.vfolders(row.id).live,
  };
}

/** A SAS that ran out since the last check is told at once. */
function overdue({ settings }: HostRow): Known['status'] | null {
  if (settings.kind !== 'azure-blob' || settings.expiresAt === null || settings.expiresAt > Date.now()) return null;
  const { message, hint } = checkExpiry({ expiresAt: settings.expiresAt, startsAt: null }, Date.now());
  return { state: 'error', message, hint, checkedAt: Date.now() };
}
