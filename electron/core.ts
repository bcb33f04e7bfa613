import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { appContract, Check } from '#shared/contract/app.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { examine } from './app/doctor.ts';
import { packageRoot, packageVersion } from './app/home.ts';
import { type AppLog, createAppLog } from './app/log.ts';
import { prepareSample } from './app/sample.ts';
import { createSettings } from './app/settings.ts';
import { createBaking } from './baking/baking.ts';
import { createCache } from './cache/cache.ts';
import { createDotfiles } from './dotfiles/dotfiles.ts';
import { createEdits } from './edits/edits.ts';
import { createDockerEngine } from './engines/docker/engine.ts';
import { createEngineFinder, engineSocketPaths } from './engines/find-engines.ts';
import { createProcessEngine } from './engines/process/engine.ts';
import { createEngineRegistry } from './engines/registry.ts';
import { type Changes, createChanges } from './events.ts';
import { createFileProperties } from './files/file-properties.ts';
import { createFiles } from './files/files.ts';
import { createDragOut } from './handover/drag-out.ts';
import { createHandovers, type Handovers } from './handover/tickets.ts';
import { createHosts } from './hosts/hosts.ts';
import { createJobs, type Jobs } from './jobs/jobs.ts';
import { createListings } from './listings/listings.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createPlanner } from './mounts/planner.ts';
import { createPorts } from './ports/ports.ts';
import { createPreviews } from './previews/previews.ts';
import { createProvenance } from './provenance/provenance.ts';
import { createRemoteMounts } from './remote-mounts/remote-mounts.ts';
import { createRouter, type Router, type Services } from './rpc/router.ts';
import type { Service } from './rpc/service.ts';
import { createSearch } from './search/search.ts';
import { createJobSecrets } from './secrets/job-secrets.ts';
import { keyFilePath, takePassphrase } from './secrets/key-file.ts';
import { createRedactor } from './secrets/redactor.ts';
import { createSecrets } from './secrets/secrets.ts';
import { createVault } from './secrets/vault.ts';
import type { FileBodies, Keychain } from './services.ts';
import { createShells } from './shells/shells.ts';
import { createCopies } from './staging/copies.ts';
import { joinStagings } from './staging/staging.ts';
import { openDatabase } from './store/database.ts';
import { type HomeLock, lockHome } from './store/home-lock.ts';
import { createTemplates } from './templates/templates.ts';
import { createTransfers } from './transfers/transfers.ts';
import { createVfolders } from './vfolders/vfolders.ts';
import { waitAtMost } from './waiting.ts';

export interface CoreOptions {
  /** The data directory; this process becomes its one owner. */
  readonly home: string;
  /** Root of the local host that is made at first start. */
  readonly localRoot: string;
  readonly shell: 'electron' | 'browser' | 'cli';
  /** The system's keychain, of a shell that has one; without it secrets are sealed with a key file or a passphrase. */
  readonly keychain?: Keychain;
  /** The lock of `home`, of a shell that took it already; closing the core releases it. */
  readonly lock?: HomeLock;
}

/** Everything behind the contract, in this process. */
export interface Core extends FileBodies {
  readonly services: Services;
  readonly router: Router;
  readonly changes: Changes;
  readonly log: AppLog;
  /** What the page asked to be handed to other programs; for a desktop shell. */
  readonly handovers: Handovers;
  /** Whether a running job is reached at this port of this machine; for a desktop shell. */
  isPublishedPort(port: number): Promise<boolean>;
  /** Goes on with the transfers and jobs that a former process left. Called once, when the shell can be seen. */
  start(): Promise<void>;
  /** Stops at a checkpoint; jobs run on. */
  close(): Promise<void>;
}

/**
 * Composes the core over a data directory.
 * @throws StowageError `already-running`, `io-error`, `data-damaged`
 */
export async function openCore(options: CoreOptions): Promise<Core> {
  const lock = options.lock ?? lockHome(options.home);
  try {
    return compose(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function compose({ home, localRoot, shell, keychain }: CoreOptions, lock: HomeLock): Core {
  const redactor = createRedactor();
  const log = createAppLog(join(home, 'logs'), redactor.text);
  const { database, quarantined } = openDatabase(home);
  const changes = createChanges();
  const settings = createSettings(database, changes);
  const homeId = settings.once('homeId', randomUUID);
  const runs = join(home, 'runs');
  mkdirSync(runs, { recursive: true, mode: 0o700 });

  const keys = { keyFile: keyFilePath(), passphrase: takePassphrase(), keychain };
  const secrets = createSecrets({ home, ...keys, redactor });
  const vault = createVault(keys);
  const dotfiles = createDotfiles({ database, changes, vault });
  const hosts = createHosts({ database, changes, secrets, redactor, localRoot });
  const vfolders = createVfolders({
    database,
    changes,
    hosts,
    links: { roots: () => settings.read().linkRoots, home },
    startClone,
  });
  const files = createFiles({ database, changes, lookup: vfolders.lookup });
  const search = createSearch({ home, lookup: vfolders.lookup, changes });
  const previews = createPreviews({ lookup: vfolders.lookup });
  const transfers = createTransfers({
    database,
    changes,
    lookup: vfolders.lookup,
    bandwidthLimit: () => settings.read().bandwidthLimit,
  });
  const { bandwidth } = transfers;
  const listings = createListings({ directory: join(home, 'listings'), lookup: vfolders.lookup, changes });
  const cache = createCache({
    database,
    changes,
    lookup: vfolders.lookup,
    listings,
    directory: join(home, 'cache'),
    limitBytes: () => settings.read().cacheLimitBytes,
    bandwidth,
  });
  const handovers = createHandovers();
  const dragOut = createDragOut({ lookup: vfolders.lookup, handovers, directory: join(home, 'drag-out') });
  const edits = createEdits({
    database,
    changes,
    lookup: vfolders.lookup,
    handovers,
    dragOut,
    directory: join(home, 'edits'),
    desktop: shell === 'electron',
  });
  const engines = createEngineRegistry(
    [createDockerEngine({ homeId }), createProcessEngine({ directory: runs, homeId })],
    changes,
    () => settings.read().defaultEngine,
    createEngineFinder({ homeId }),
  );
  const copies = createCopies({
    database,
    changes,
    lookup: vfolders.lookup,
    cache,
    engines,
    directory: join(home, 'stage'),
    bandwidth,
  });
  const remoteMounts = createRemoteMounts({
    home,
    lookup: vfolders.lookup,
    access: hosts,
    redactor,
    cacheLimit: () => mountCacheBytes,
  });
  const baking = createBaking({ home, homeId, lookup: vfolders.lookup, engines });
  const planner = createPlanner({
    lookup: vfolders.lookup,
    engines,
    listings,
    writers: () => jobs.writers(),
    home,
    socketPaths: engineSocketPaths(),
    changes,
    cachedShare: cache.cachedOf,
    cacheLimits: cache.limits,
    fuseStatus: remoteMounts.fuseStatus,
    mountRefusal: remoteMounts.mountRefusal,
    volumeCopies: true,
    dotfiles: dotfiles.places,
  });
  const provenance = createProvenance({
    database,
    lookup: vfolders.lookup,
    listings,
    engines,
    job: (id) => jobs.service.get({ id }, {}),
    directory: join(home, 'manifests'),
  });
  const jobs: Jobs = createJobs({
    database,
    changes,
    engines,
    planner,
    lookup: vfolders.lookup,
    staging: joinStagings([copies, remoteMounts, baking]),
    inputs: provenance,
    secrets: createJobSecrets({ database, vault, redactor }),
    dotfiles,
    redactor,
    logsDirectory: join(home, 'logs', 'jobs'),
    limits: () => settings.read(),
  });
  const metrics = createMetrics({ changes, engines, jobs, directory: join(home, 'metrics'), onError: log.error });
  const shells = createShells({ changes, engines, jobs });
  const ports = createPorts({ engines, jobs });
  vfolders.addUsers(transfers.users);
  vfolders.addUsers(jobs.users);
  hosts.onReopened(() => void resumeRefused(transfers.service).catch((error) => log.error('transfers did not go on', error)));

  async function startClone(from: string, to: string): Promise<number> {
    const started = await transfers.service.start(
      {
        sources: [{ kind: 'vfolder', vfolder: from, path: '/' }],
        destination: { kind: 'vfolder', vfolder: to, path: '' },
        conflict: 'skip',
      },
      {},
    );
    return started.id;
  }

  const app: Service<typeof appContract> = {
    info: () => ({
      version: packageVersion(),
      home,
      shell,
      platform: process.platform,
      user: userInfo().username,
      pid: process.pid,
    }),
    settings: () => settings.read(),
    updateSettings: (change) => settings.update(withoutUndefined(change)),
    changes: (_input, { signal }) => changes.subscribe(signal),
    doctor: (): Promise<Check[]> =>
      examine({
        home,
        quarantined,
        engines: engines.statuses,
        hosts: hosts.examine,
        secrets: secrets.describe(),
        fuse: () => remoteMounts.fuseStatus(),
      }),
    sample: () => prepareSample(vfolders.lookup, engines),
  };
  const services: Services = {
    app,
    hosts: hosts.service,
    vfolders: vfolders.service,
    files: { ...files.service, ...createFileProperties({ lookup: vfolders.lookup, changes }) },
    previews: previews.service,
    transfers: transfers.service,
    edits: edits.service,
    engines: engines.service,
    plan: planner.service,
    jobs: { ...jobs.service, ...ports.service },
    metrics: metrics.service,
    shells: shells.service,
    provenance: provenance.service,
    cache: cache.service,
    images: baking.service,
    dotfiles: dotfiles.service,
    search: search.service,
    templates: createTemplates({ database, directory: join(packageRoot(), 'resources', 'templates') }),
  };
  if (quarantined)
    log.error(
      'the database was damaged and put aside',
      new StowageError('data-damaged', quarantined.reason, { subject: quarantined.path }),
    );

  // The process ends all the same: what state it is in nobody knows, and the next start takes up what it left.
  const noteEnd = (error: unknown): void => log.error('ended by a fault of its own', error);
  process.on('uncaughtExceptionMonitor', noteEnd);
  return {
    services,
    router: createRouter(services, (error) => log.error('unexpected', error)),
    changes,
    log,
    handovers,
    isPublishedPort: ports.isPublished,
    receive: transfers.receive,
    openDownload: files.downloads.open,
    openPreview: previews.openMedia,
    start: async () => {
      transfers.start();
      await edits.start();
      await copies.start().catch((error) => log.error('copies of ended jobs were not removed', error));
      await remoteMounts.sweep((id) => isUnended(id, jobs.service));
      metrics.start();
      await jobs.start();
    },
    close: async () => {
      await closeParts({ transfers, jobs, edits, previews, provenance, metrics, shells }, log);
      await closeParts({ cache }, log);
      await closeParts({ search }, log);
      planner.close();
      await closeParts({ listings }, log);
      dragOut.close();
      await closeParts({ engines, hosts }, log);
      database.close();
      lock.release();
      process.off('uncaughtExceptionMonitor', noteEnd);
    },
  };
}

/** Quitting waits so long for one part; what a kill leaves is taken up at the next start, and so is this. */
const closeMs = 10_000;

/** Closes parts side by side. One that fails or hangs, as over a server that says nothing, keeps no other open. */
async function closeParts(parts: Readonly<Record<string, { close(): Promise<void> }>>, log: AppLog): Promise<void> {
  const close = ([name, part]: [string, { close(): Promise<void> }]): Promise<void> =>
    waitAtMost(part.close(), closeMs, () => log.error(`${name}: not closed after ${closeMs / 1000} s`, null)).catch(
      (error: unknown) => log.error(`${name}: not closed`, error),
    );
  await Promise.all(Object.entries(parts).map(close));
}

/** What each mount of a remote folder may keep on this machine, where the disk has room. */
const mountCacheBytes = 20 * 1024 ** 3;

/** Whether a job still needs what was made for it; one that cannot be looked up may. */
async function isUnended(id: number, { get }: Pick<Services['jobs'], 'get'>): Promise<boolean> {
  try {
    return !hasEnded((await get({ id }, {})).state);
  } catch (error) {
    return !isStowageError(error, 'not-found');
  }
}

/** Goes on with transfers that paused for want of credentials; one that is still refused pauses again. */
async function resumeRefused({ list, resume }: Services['transfers']): Promise<void> {
  for (const { id, state, problem } of await list(undefined, {}))
    if (state === 'paused' && problem?.code.startsWith('credentials-')) await resume({ id }, {});
}

/** Drops keys that are present but undefined, which a merge would take for values. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
