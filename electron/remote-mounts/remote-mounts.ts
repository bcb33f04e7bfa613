import { mkdirSync, realpathSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress } from '#shared/address.ts';
import type { EngineStatus } from '#shared/contract/engines.ts';
import type { Plan, PlanStep } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { StowageError, toStowageError } from '#shared/errors.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { createBriefCache } from '../mounts/brief-cache.ts';
import type {
  CopiedBack,
  Redactor,
  RemoteAccess,
  RemoteSharing,
  Staged,
  Staging,
  StagingOptions,
  VfolderLookup,
} from '../services.ts';
import { type FuseFacts, type FuseTools, findFuse } from './fuse-status.ts';
import { logTail, mountFailure } from './log-words.ts';
import { findLoss, findReadErrors } from './losses.ts';
import {
  createMountFolders,
  exists,
  type MountRecord,
  makeMountFolder,
  mountFiles,
  readMountRecord,
  removeMountPoint,
} from './mount-record.ts';
import { answers, isMounted, isServed, takeDown } from './mount-table.ts';
import { cacheBytes, launchRclone } from './rclone-process.ts';
import { hiddenIn, rcloneRemote, refusalOf } from './rclone-remote.ts';
import { type Sent, sendUnsent } from './sending.ts';
import { adoptCache, cacheRoots, hasFiles, keepDamaged, unsentFiles } from './unsent.ts';

export interface RemoteMountsOptions {
  /** The data directory; mounts are kept in `mounts` in it. */
  readonly home: string;
  readonly lookup: VfolderLookup;
  readonly access: RemoteAccess;
  readonly redactor: Redactor;
  /** Bytes that each mount may keep on this machine. */
  readonly cacheLimit: () => number;
  /** For tests: what this machine has. */
  readonly find?: () => Promise<FuseFacts>;
}

export interface RemoteMounts extends Staging, RemoteSharing {
  /** Takes down what jobs left that need it no more. Called once at the start, before any job goes on. */
  sweep(isNeeded: (jobId: number) => boolean | Promise<boolean>): Promise<void>;
}

type RemoteStep = Extract<PlanStep, { kind: 'mount-remote' }>;

const statusMs = 10_000;
const lookMs = 500;
const readyLookMs = 20;
const readyMs = 30_000;
const answerMs = 10_000;
const logMs = 2_000;

/**
 * Mounts folders of remote hosts with rclone for the time of a job. The mounts outlive the app as jobs do: everything that is
 * known of one is in its folder, and it is found again by the pid and the start time of its process.
 */
export function createRemoteMounts(options: RemoteMountsOptions): RemoteMounts {
  const { lookup, access, redactor } = options;
  const root = join(options.home, 'mounts');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  // As the kernel's table of mounts tells it.
  const folders = createMountFolders(realpathSync(root));
  const known = createBriefCache<FuseFacts>(statusMs);
  const fuse = (): Promise<FuseFacts> => known.get('', options.find ?? findFuse);
  const tools = async (): Promise<FuseTools> => {
    const facts = await fuse();
    if (facts.tools) return facts.tools;
    throw new StowageError('mount-failed', facts.why ?? 'Remote folders cannot be shared on this machine.', {
      hint: 'Copy the folder instead of sharing it.',
    });
  };
  /** Takes a mount down, after which its log is whole: what rclone says reaches it through a pipe. */
  const end = async (directory: string): Promise<void> => {
    await takeDown(directory, (await fuse()).tools?.fusermount ?? 'fusermount3');
    const { log, logEnded } = mountFiles(directory);
    if (!(await exists(log))) return;
    for (let waited = 0; waited < logMs && !(await exists(logEnded)); waited += readyLookMs) await delay(readyLookMs);
  };
  const failure = async (directory: string, record: MountRecord, happened: string): Promise<StowageError> => {
    await end(directory);
    return mountFailure(record.source, redactor.text(await logTail(mountFiles(directory).log)), happened);
  };

  /** Starts rclone on the folder of a record, and waits until the mount answers. */
  const mount = async (directory: string, record: MountRecord, signal: AbortSignal): Promise<void> => {
    const { settings } = access.describe(record.hostId);
    const path = parseInnerPath(record.folder);
    const remote = rcloneRemote(settings, access.credentials(record.hostId), { path, readOnly: record.readOnly });
    const found = await tools();
    await makeMountFolder(directory, record);
    await rm(mountFiles(directory).started, { force: true });
    const bytes = await cacheBytes(directory, options.cacheLimit());
    await launchRclone({ directory, record, tools: found, remote, cacheBytes: bytes, hidden: hiddenIn(settings, path) });
    await untilReady(directory, record, signal);
  };

  const untilReady = async (directory: string, record: MountRecord, signal: AbortSignal): Promise<void> => {
    const { files } = mountFiles(directory);
    const until = performance.now() + readyMs;
    let seen = false;
    while (!(await isMounted(files))) {
      signal.throwIfAborted();
      const served = await isServed(directory);
      seen ||= served;
      if (seen && !served) throw await failure(directory, record, 'rclone ended at once');
      if (performance.now() > until) throw await failure(directory, record, 'it was not there after 30 s');
      await delay(readyLookMs);
    }
    if (!(await answers(files, answerMs, signal))) {
      signal.throwIfAborted();
      throw await failure(directory, record, 'it cannot be listed');
    }
  };

  const send = (directory: string, record: MountRecord, staging: StagingOptions): Promise<Sent | null> =>
    sendUnsent(directory, record, {
      ...staging,
      log: async () => redactor.text(await logTail(mountFiles(directory).log)),
      serve: async () => {
        if (await isServed(directory)) return false;
        const again = async (): Promise<void> => {
          await takeDown(directory, (await tools()).fusermount);
          await mount(directory, record, staging.signal);
        };
        const { cache, kept } = mountFiles(directory);
        const before = await cacheRoots(cache);
        await takeDown(directory, (await tools()).fusermount);
        await keepDamaged(cache, kept);
        await again();
        // Told another way in, rclone looks for its cache elsewhere.
        if (await adoptCache(cache, before, () => end(directory))) await again();
        return true;
      },
    });

  /** Unmounts, and removes everything but files that the job wrote and the service did not get. */
  const letGo = async (directory: string): Promise<void> => {
    await end(directory);
    await removeMountPoint(directory).catch((error: unknown) => {
      throw new StowageError('in-use', `The mount at “${mountFiles(directory).files}” could not be taken down.`, {
        subject: directory,
        detail: String(error),
      });
    });
    const { kept, cache, lost, log } = mountFiles(directory);
    // The job was told of what went wrong; a later try to send is judged by itself.
    for (const path of [lost, log]) await rm(path, { force: true });
    if (await hasFiles(kept)) return;
    for await (const _unsent of unsentFiles(cache)) return;
    await rm(directory, { recursive: true, force: true });
  };

  const prepareOne = async (jobId: number, plan: Plan, step: RemoteStep, { signal, tell }: StagingOptions): Promise<string> => {
    const directory = folders.directory(jobId, step.mount);
    const before = await readMountRecord(directory);
    if (before && (await isServed(directory)) && (await isMounted(mountFiles(directory).files)))
      return pathInside(directory, before);
    const found = await tools();
    const record = await recordOf(jobId, plan, step, signal);
    if (record.allowOther && !found.allowOther) throw othersRefused();
    tell(`Mounting ${visible(record.source)}`, { at: step.mount });
    if (before) {
      await takeDown(directory, found.fusermount);
      for (const path of [mountFiles(directory).lost, mountFiles(directory).closed]) await rm(path, { force: true });
    }
    try {
      await mount(directory, record, signal);
    } catch (error) {
      await letGo(directory).catch(() => undefined);
      throw signal.aborted ? cancelled() : redactor.error(toStowageError(error));
    }
    return pathInside(directory, record);
  };

  /** Looks at the source first: Stowage's own words for what is wrong with it are better than those of a log. */
  const recordOf = async (jobId: number, plan: Plan, step: RemoteStep, signal: AbortSignal): Promise<MountRecord> => {
    const planned = plan.mounts[step.mount];
    if (!planned || planned.vfolder === null)
      throw new StowageError('internal', `The plan has no vfolder for its mount ${step.mount}.`);
    const place = lookup.resolve(planned.vfolder, parseAddress(planned.source).path);
    const hostId = place.vfolder.host.id;
    const { readOnly } = access.describe(hostId);
    if (readOnly && !step.readOnly)
      throw new StowageError('read-only', `The storage host of “${visible(planned.source)}” is read-only for Stowage.`, {
        subject: planned.source,
        hint: 'Mount it read-only, or change that in the settings of the host.',
      });
    const entry = await place.provider.stat(place.path, { signal });
    const isFile = entry.kind === 'file';
    return {
      jobId,
      mount: step.mount,
      source: planned.source,
      hostId,
      folder: isFile ? parentPath(place.path) : place.path,
      file: isFile ? baseName(place.path) : null,
      target: step.target,
      readOnly: step.readOnly,
      allowOther: engineKind(plan.engine) === 'docker',
      owner: plan.user,
    };
  };

  return {
    fuseStatus: async (engine) => {
      const { tools: found, why: missing } = await fuse();
      const why = missing ?? (engine ? engineRefusal(engine, found) : null);
      return { available: why === null, why };
    },
    mountRefusal: (hostId) => refusalOf(access.describe(hostId).settings),
    prepare: async (jobId, plan, staging) => {
      const binds: Staged['binds'][number][] = [];
      for (const step of plan.steps) {
        if (step.kind !== 'mount-remote') continue;
        staging.signal.throwIfAborted();
        const source = await prepareOne(jobId, plan, step, staging);
        binds.push({ source, target: step.target, readOnly: step.readOnly });
      }
      return { binds, volumes: [], image: null };
    },
    watch: async (jobId, signal) => {
      const mounts = await folders.list(jobId);
      for (;;) {
        if (signal.aborted) throw cancelled();
        for (const { directory } of mounts) {
          const loss = await findLoss(directory, redactor);
          if (loss) throw loss;
        }
        await delay(mounts.length === 0 ? 2 ** 30 : lookMs, undefined, { signal }).catch(() => undefined);
      }
    },
    finish: async (jobId, _plan, staging) => {
      const failures: unknown[] = [];
      const results: CopiedBack[] = [];
      for (const { directory } of await folders.list(jobId)) {
        const record = await readMountRecord(directory);
        if (!record) continue;
        const loss = await findLoss(directory, redactor, true);
        // What one cannot send does not keep the others' from where it belongs.
        if (!record.readOnly) {
          await send(directory, record, staging).then(
            (sent) => sent && results.push({ mount: record.mount, ...sent, removed: 0, conflicts: [], leftOut: [] }),
            (error: unknown) => failures.push(error),
          );
        }
        // Noted before: that the mount of an ended job is gone is no loss.
        await writeFile(mountFiles(directory).closed, '', { mode: 0o600 });
        await end(directory);
        const trouble = loss ?? (await findReadErrors(directory, record, redactor));
        if (trouble) failures.push(trouble);
      }
      if (failures.length > 0) throw failures[0];
      return results;
    },
    release: async (jobId) => {
      for (const { directory } of await folders.list(jobId)) await letGo(directory);
    },
    sweep: async (isNeeded) => {
      for (const { directory, jobId } of await folders.list()) {
        if (await isNeeded(jobId)) continue;
        // What cannot be taken down now is tried again at the next start.
        await letGo(directory).catch(() => undefined);
      }
    },
  };
}

const pathInside = (directory: string, { file }: MountRecord): string =>
  file === null ? mountFiles(directory).files : join(mountFiles(directory).files, file);

const cancelled = (): StowageError => new StowageError('cancelled', 'Mounting was cancelled.');

const othersHint = 'Add the line “user_allow_other” to /etc/fuse.conf, or copy the folder instead.';

const othersRefused = (): StowageError =>
  new StowageError('mount-failed', 'Mounts by FUSE may not be opened to other users on this machine, which Docker needs.', {
    hint: othersHint,
  });

/** Why an engine could not see a mount of this user on this machine. */
function engineRefusal({ kind, local, os }: Pick<EngineStatus, 'kind' | 'local' | 'os'>, tools: FuseTools | null): string | null {
  if (!local) return 'The engine is on another machine, which does not see mounts of this one.';
  if (kind !== 'docker') return null;
  if (os?.includes('Docker Desktop'))
    return 'Docker Desktop runs jobs in a machine of its own, which does not see mounts of this one.';
  if (tools && !tools.allowOther)
    return `Docker is another user, and mounts by FUSE may not be opened to others on this machine. ${othersHint}`;
  return null;
}
