import { access, copyFile, mkdir, open, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatAddress } from '#shared/address.ts';
import type { Plan, PlanStep } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import type { Cache, StagedTree } from '../cache/cache.ts';
import { onDisk } from '../cache/cache-thread.ts';
import { stepError } from '../cache/fetch.ts';
import { sized } from '../cache/room.ts';
import type { Changes } from '../events.ts';
import { mountAddress } from '../jobs/preparation.ts';
import type { CopiedBack, EngineRegistry, ResolvedPlace, Staged, Staging, StagingOptions, VfolderLookup } from '../services.ts';
import { checkSignal, untilAborted } from '../storage/bodies.ts';
import type { Database } from '../store/database.ts';
import { type Bandwidth, createBandwidth } from '../transfers/bandwidth.ts';
import { type PatienceLimits, usualPatience } from '../transfers/patience.ts';
import { copyBack } from './copy-back.ts';
import { createStagedRows, type StagedRow } from './rows.ts';
import { createVolumeCopies } from './volume-copies.ts';
import { copyingBack, copyingIn, ofMount, pacedTell, partDone } from './words.ts';

export interface CopiesOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  readonly cache: Cache;
  /** Where an engine on another machine gets its copies. */
  readonly engines: EngineRegistry;
  /** Holds the private copies of jobs; made when missing. */
  readonly directory: string;
  readonly bandwidth?: Bandwidth;
  readonly patience?: PatienceLimits;
}

/** Copies on this machine, through the cache; see `Staging`. */
export interface Copies extends Staging {
  /** Lets go of what jobs hold that ended while the application was away. */
  start(): Promise<void>;
}

type StageStep = Extract<PlanStep, { kind: 'stage' }>;

/** Free disk that a private copy leaves. */
const marginBytes = 1024 ** 3;

/** Carries out the steps `stage` into folders of this machine. */
export function createCopies(options: CopiesOptions): Copies {
  const {
    database,
    changes,
    lookup,
    cache,
    engines,
    directory,
    bandwidth = createBandwidth(null),
    patience = usualPatience,
  } = options;
  const rows = createStagedRows(database);
  const folderOf = (jobId: number, mount: number): string => join(directory, String(jobId), String(mount));
  const volumes = createVolumeCopies({ engines, folderOf });
  const placeOf = (plan: Plan, index: number): ResolvedPlace => {
    const mount = plan.mounts[index];
    const address = mount && mountAddress(mount);
    if (!address) throw new StowageError('internal', `The plan has no folder for its mount ${index}.`);
    return lookup.resolve(address.vfolder, address.path);
  };

  const fetch = async (
    jobId: number,
    place: ResolvedPlace,
    { packed, asShown }: StageStep,
    { signal, tell }: StagingOptions,
  ): Promise<StagedTree> => {
    const name = formatAddress(place.vfolder.name, place.inner);
    tell(`Looking at ${name}`);
    const say = pacedTell(tell);
    return cache.stage(place, {
      jobId,
      packed,
      age: asShown ? 'recent' : 'current',
      signal,
      onListing: (files) => say(() => `Looking at ${name}: ${files.toLocaleString('en-US')} files`),
      onProgress: (progress) => say(() => copyingIn(name, progress), partDone(progress)),
    });
  };
  /** Where a job could write to a read-only mount, it must not be what other jobs get too. */
  const keepsReadOnly = async ({ engine }: Plan): Promise<boolean> => (await engines.get(engine).status()).absoluteTargets;
  const readOnlyCopy = async (jobId: number, plan: Plan, step: StageStep, stage: StagingOptions): Promise<StagedRow> => {
    const tree = await fetch(jobId, placeOf(plan, step.mount), step, stage);
    await tree.listing.drop();
    const source = tree.listing.file === null ? tree.directory : join(tree.directory, tree.listing.file);
    return rowOf(jobId, step, source, tree.id);
  };
  const privateCopy = async (jobId: number, plan: Plan, step: StageStep, stage: StagingOptions): Promise<StagedRow> => {
    const folder = folderOf(jobId, step.mount);
    await rm(folder, { recursive: true, force: true });
    await mkdir(join(folder, 'files'), { recursive: true, mode: 0o700 });
    const open = plan.user === null;
    // The folders above it are nobody's business; this one is what the job sees.
    await setMode(join(folder, 'files'), open ? 0o777 : 0o755);
    if (plan.mounts[step.mount]?.role === 'output') {
      await writeEmpty(join(folder, 'manifest.jsonl'));
      return rowOf(jobId, step, join(folder, 'files'), null);
    }
    const place = placeOf(plan, step.mount);
    const tree = await fetch(jobId, place, step, stage);
    try {
      stage.tell(`Copying ${formatAddress(place.vfolder.name, place.inner)} for this job`);
      await checkDisk(directory, tree.listing.bytes, formatAddress(place.vfolder.name, place.inner));
      await copyTree(tree, join(folder, 'files'), open, stage.signal);
      // Last: what the job touches has a later change time than this file. It is the job's own, since the time is.
      await copyFile(tree.listing.path, join(folder, 'manifest.jsonl'));
    } finally {
      await tree.listing.drop();
    }
    const { file } = tree.listing;
    return rowOf(jobId, step, file === null ? join(folder, 'files') : join(folder, 'files', file), tree.id);
  };
  const prepareOne = async (
    jobId: number,
    plan: Plan,
    step: StageStep,
    readOnlyKept: boolean,
    stage: StagingOptions,
  ): Promise<StagedRow> => {
    const known = rows.of(jobId).find(({ mount }) => mount === step.mount);
    const there =
      known?.state === 'ready' &&
      (await access(known.source).then(
        () => true,
        () => false,
      ));
    if (known && there) return known;
    rows.put({ ...rowOf(jobId, step, '', null), state: 'preparing' });
    const row = await (step.readOnly && (step.into === 'volume' || readOnlyKept) ? readOnlyCopy : privateCopy)(
      jobId,
      plan,
      step,
      stage,
    );
    rows.put(row);
    return row;
  };
  const finishOne = async (jobId: number, plan: Plan, row: StagedRow, stage: StagingOptions): Promise<CopiedBack> => {
    if (row.state === 'done' && row.result !== null) return JSON.parse(row.result) as CopiedBack;
    const place = placeOf(plan, row.mount);
    const name = formatAddress(place.vfolder.name, place.inner);
    const folder = folderOf(jobId, row.mount);
    rows.setFinishing(row);
    await volumes.fetch({ jobId, mount: row.mount, plan, folder: join(folder, 'files') }, stage);
    const say = pacedTell(stage.tell);
    const result = await copyBack({
      jobId,
      mount: row.mount,
      place,
      name,
      files: join(folder, 'files'),
      file: row.source === join(folder, 'files') ? null : basename(row.source),
      manifest: join(folder, 'manifest.jsonl'),
      tree: row.tree_id === null ? null : await cache.staged(row.tree_id),
      resumed: row.state === 'finishing',
      bandwidth,
      patience,
      changes,
      signal: stage.signal,
      onProgress: (progress) => say(() => copyingBack(name, progress)),
    });
    rows.setDone(row, result);
    return result;
  };
  const release = async (jobId: number): Promise<void> => {
    for (const row of rows.of(jobId)) {
      // What could not be copied back is all that there is of the job's work.
      if (row.state === 'finishing') continue;
      await volumes.remove(jobId, row.mount);
      await rm(folderOf(jobId, row.mount), { recursive: true, force: true });
      rows.remove(row);
    }
    if (rows.of(jobId).length === 0) await rm(join(directory, String(jobId)), { recursive: true, force: true });
    cache.release(jobId);
  };
  return {
    prepare: async (jobId, plan, stage) => {
      const binds: Staged['binds'][number][] = [];
      const sent: Staged['volumes'][number][] = [];
      const steps = plan.steps.filter((step) => step.kind === 'stage');
      // Asked once, and only where it matters: the engine has to answer.
      const asks = steps.some(({ readOnly, into }) => readOnly && into === 'directory');
      const readOnlyKept = asks && (await keepsReadOnly(plan));
      for (const step of steps) {
        const { source, target } = await prepareOne(jobId, plan, step, readOnlyKept, ofMount(stage, step.mount));
        if (step.into === 'directory') binds.push({ source, target, readOnly: step.readOnly });
        else {
          const name = await volumes.send({ jobId, mount: step.mount, plan, folder: source }, ofMount(stage, step.mount));
          sent.push({ name, target, readOnly: step.readOnly });
        }
      }
      return { binds, volumes: sent, image: null };
    },
    // What was copied cannot be lost.
    watch: (_jobId, signal) => untilAborted(signal),
    finish: async (jobId, plan, stage) => {
      const results: CopiedBack[] = [];
      for (const row of rows.of(jobId)) {
        if (row.read_only === 0 && row.state !== 'preparing') results.push(await finishOne(jobId, plan, row, stage));
      }
      return results;
    },
    release,
    start: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      // What an engine still holds is let go of when its run is removed.
      for (const jobId of rows.left()) await release(jobId).catch(() => undefined);
    },
  };
}

const rowOf = (jobId: number, step: StageStep, source: string, treeId: number | null): StagedRow => ({
  job_id: jobId,
  mount: step.mount,
  target: step.target,
  source,
  read_only: step.readOnly ? 1 : 0,
  tree_id: treeId,
  state: 'ready',
  result: null,
});

/** Copies of all files of a tree; they share their blocks with the cache where the disk can. `open`: anybody may write. */
async function copyTree({ directory, listing }: StagedTree, to: string, open: boolean, signal: AbortSignal): Promise<void> {
  for await (const batch of listing.read()) {
    checkSignal(signal);
    const folders = batch.flatMap((entry) =>
      entry.kind === 'folder' ? [{ to: join(to, entry.rel), mode: open ? 0o777 : 0o755 }] : [],
    );
    const links = batch.flatMap((entry) => (entry.kind === 'link' ? [{ to: join(to, entry.rel), target: entry.target }] : []));
    const files = batch.flatMap((entry) =>
      entry.kind === 'file' ? [{ from: join(directory, entry.rel), to: join(to, entry.rel), mode: open ? 0o666 : 0o644 }] : [],
    );
    const results = [
      ...(await onDisk({ kind: 'folder', items: folders })),
      ...(await onDisk({ kind: 'symlink', items: links })),
      ...(await onDisk({ kind: 'copy', items: files })),
    ];
    const failed = results.findIndex((result) => result !== null);
    const error = results[failed];
    if (error) throw stepError(error, [...folders, ...links, ...files][failed]?.to ?? to);
  }
}

/** @throws `disk-full` */
async function checkDisk(directory: string, bytes: number, name: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= bytes + marginBytes) return;
  throw new StowageError(
    'disk-full',
    `The copy of “${name}” that the job may change needs ${sized(bytes)}, and ${sized(free)} are free.`,
    { hint: 'Share it instead of copying it, choose a smaller folder, or free some space.' },
  );
}

async function writeEmpty(path: string): Promise<void> {
  await (await open(path, 'w', 0o600)).close();
}

async function setMode(path: string, mode: number): Promise<void> {
  await onDisk({ kind: 'folder', items: [{ to: path, mode }] });
}
