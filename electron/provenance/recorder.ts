import type { Plan, PlannedMount } from '#shared/contract/plan.ts';
import type { GitState } from '#shared/contract/provenance.ts';
import { toStowageError } from '#shared/errors.ts';
import type { EngineRegistry, InputRecorder, VfolderLookup } from '../services.ts';
import { waitAtMost } from '../waiting.ts';
import { gitStateOf } from './git-state.ts';
import { localPathOf, sourceOfMount } from './input-source.ts';
import type { Manifest, Manifests } from './manifests.ts';
import type { InputRow, InputRows } from './rows.ts';

/** How long (ms) jobs wait for their inputs to be listed, and how long one may be listed at all. */
export interface RecorderWaits {
  /** Before the start, for folders that the job may change in place. */
  readonly start: number;
  /** At the end, for the rest. */
  readonly end: number;
  readonly whole: number;
}

const usualWaits: RecorderWaits = { start: 1000, end: 3000, whole: 120_000 };
/** Sources listed at once, of all jobs. */
const atOnce = 3;

export interface RecorderOptions {
  readonly rows: InputRows;
  readonly manifests: Manifests;
  readonly lookup: VfolderLookup;
  readonly engines: EngineRegistry;
  /** For what Git needs for a moment; exists. */
  readonly scratch: string;
  readonly waits?: RecorderWaits;
}

interface MountRecording {
  readonly index: number;
  /** The job may change it in place. */
  readonly writable: boolean;
  /** What is listed may be the job's own work. */
  suspect: boolean;
  seen: { files: number; bytes: number };
  /** Never fails. */
  done: Promise<void>;
  settled: boolean;
}

interface Recording {
  readonly plan: Plan;
  readonly mounts: readonly MountRecording[];
  readonly ending: AbortController;
  /** Why it was ended before its time. */
  why: string;
  image: Promise<void> | null;
}

/** What is noted of inputs: all mounts but the output folder. */
export const isInput = ({ role }: PlannedMount): boolean => role !== 'output';

/** Whether the job writes into the place itself, and not into a copy of it. */
const changesInPlace = ({ mode, approach }: PlannedMount): boolean => mode === 'rw' && approach === 'share';

/** What is copied for the job comes from the very listing that is noted. */
const ageOf = ({ steps }: Plan, index: number): 'recent' | 'current' =>
  steps.some((step) => step.kind === 'stage' && step.mount === index && step.asShown) ? 'recent' : 'current';

/** Lists what jobs get, beside them. */
export function createRecorder(options: RecorderOptions): Omit<InputRecorder, 'verify'> {
  const { rows, manifests, lookup, engines, scratch, waits = usualWaits } = options;
  const recordings = new Map<number, Recording>();
  const waiting: (() => void)[] = [];
  let running = 0;
  const turn = async (): Promise<void> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
  };
  const over = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  /** A database that cannot be written is the job's own trouble, and told there. */
  const keep = (jobId: number, all: readonly InputRow[]): void => {
    try {
      rows.put(jobId, all);
    } catch {
      // What is not kept is shown as not known.
    }
  };

  const record = async (jobId: number, recording: Recording, mount: MountRecording): Promise<void> => {
    await turn();
    const planned = recording.plan.mounts[mount.index];
    const limit = AbortSignal.timeout(waits.whole);
    const signal = AbortSignal.any([recording.ending.signal, limit]);
    let git: Promise<GitState | null> | null = null;
    let row: InputRow;
    try {
      signal.throwIfAborted();
      if (!planned) return;
      const source = await sourceOfMount(planned, lookup);
      const local = localPathOf(source);
      const above = planned.role === 'code';
      git = local === null ? null : gitStateOf(local, { directory: scratch, above, signal }).catch(() => null);
      const onSeen = (files: number, bytes: number): void => {
        mount.seen = { files, bytes };
      };
      const manifest = await manifests.make(source, { age: ageOf(recording.plan, mount.index), signal, onSeen });
      row = rowOf(mount, manifest, await git);
    } catch (error) {
      const reason = recording.ending.signal.aborted
        ? recording.why
        : limit.aborted
          ? `It is too large to be listed in ${waits.whole / 1000} s.`
          : toStowageError(error).message;
      row = unknownRow(mount, reason, await git);
    } finally {
      over();
    }
    mount.settled = true;
    // What was closed with the application is taken up at the next start.
    if (recording.why !== closing) keep(jobId, [row]);
  };

  const noteImage = async (jobId: number, { engine, image }: Plan): Promise<void> => {
    if (image === null) return;
    const { id, digests } = await engines.get(engine).inspectImage(image);
    rows.setImage(jobId, { reference: image, id, digests: [...digests] });
  };
  const end = async (recording: Recording, wait: number, why: string): Promise<void> => {
    const all = Promise.all([...recording.mounts.map(({ done }) => done), recording.image]);
    await waitAtMost(all, wait, () => {
      recording.why = why;
      recording.ending.abort();
    });
    // Aborted: what is under way ends soon, but a host that says nothing is not waited for.
    await waitAtMost(all, waits.start);
  };

  return {
    begin: (jobId, plan, started) => {
      if (recordings.has(jobId)) return;
      const known = rows.of(jobId);
      const mounts = plan.mounts.flatMap((planned, index): MountRecording[] => {
        const there = known.find(({ mount }) => mount === index);
        if (!isInput(planned) || (started && there && there.state !== 'listing')) return [];
        const writable = changesInPlace(planned);
        const nothing = { files: 0, bytes: 0 };
        const suspect = started && planned.mode === 'rw';
        return [{ index, writable, suspect, seen: nothing, done: Promise.resolve(), settled: false }];
      });
      const recording: Recording = { plan, mounts, ending: new AbortController(), why: '', image: null };
      recordings.set(jobId, recording);
      keep(jobId, mounts.map(listingRow));
      // Those that the start waits for come first.
      for (const mount of [...mounts].sort((a, b) => Number(b.writable) - Number(a.writable)))
        mount.done = record(jobId, recording, mount);
    },
    beforeStart: async (jobId) => {
      const recording = recordings.get(jobId);
      if (!recording) return;
      recording.image ??= noteImage(jobId, recording.plan).catch(() => undefined);
      const writable = recording.mounts.filter((mount) => mount.writable);
      if (writable.length > 0) await waitAtMost(Promise.all(writable.map(({ done }) => done)), waits.start);
      for (const mount of writable) mount.suspect ||= !mount.settled;
    },
    finish: async (jobId) => {
      const recording = recordings.get(jobId);
      if (!recording) return;
      recording.image ??= rows.image(jobId) ? null : noteImage(jobId, recording.plan).catch(() => undefined);
      await end(recording, waits.end, 'The job ended before all of it was listed.');
      recordings.delete(jobId);
    },
    abandon: async (jobId) => {
      const recording = recordings.get(jobId);
      if (!recording) return;
      await end(recording, 0, 'The job ended before all of it was listed.');
      recordings.delete(jobId);
    },
    forget: (jobId) => {
      for (const digest of rows.onlyOf(jobId)) manifests.drop(digest);
    },
    close: async () => {
      const all = [...recordings.values()];
      recordings.clear();
      await Promise.all(all.map((recording) => end(recording, 0, closing)));
    },
  };
}

const closing = 'Stowage was closed before all of it was listed.';

const listingRow = ({ index }: MountRecording): InputRow => ({
  ...{ mount: index, state: 'listing', reason: null, method: null, digest: null },
  ...{ files: 0, bytes: 0, listedAt: null, git: null },
});

function rowOf(mount: MountRecording, manifest: Manifest, git: GitState | null): InputRow {
  const { digest, method, files, bytes, missed, listedAt } = manifest;
  const reason = mount.suspect
    ? 'It was listed while the job could change it.'
    : missed > 0
      ? `${missed.toLocaleString('en-US')} of what is in it could not be listed or read.`
      : null;
  const state = reason === null ? 'complete' : 'partial';
  return { mount: mount.index, state, reason, method, digest, files, bytes, listedAt, git };
}

const unknownRow = ({ index, seen }: MountRecording, reason: string, git: GitState | null): InputRow => ({
  ...{ mount: index, state: 'unknown', reason, method: null, digest: null },
  ...{ ...seen, listedAt: Date.now(), git },
});
