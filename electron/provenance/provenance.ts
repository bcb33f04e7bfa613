import { join } from 'node:path';
import type { z } from 'zod';
import { parseAddress } from '#shared/address.ts';
import { type JobDetail, jobDetailSchema } from '#shared/contract/jobs.ts';
import type { JobInputs, MountInput, provenanceContract, TreeChanges, TreeDifference } from '#shared/contract/provenance.ts';
import { toStowageError } from '#shared/errors.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { comparedFields } from '#shared/provenance/compared-fields.ts';
import type { Listings } from '../listings/listings.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, InputRecorder, VfolderLookup } from '../services.ts';
import type { Database } from '../store/database.ts';
import { changesSince, refuseChanged } from './changes.ts';
import { type InputSource, kindOfVersion } from './input-source.ts';
import { contentVersion, createManifests } from './manifests.ts';
import { createRecorder, type RecorderWaits } from './recorder.ts';
import { createInputRows, type InputRow } from './rows.ts';
import { diffEntries, type SameContent, sameByVersion } from './tree-diff.ts';

export interface ProvenanceOptions {
  readonly database: Database;
  readonly lookup: VfolderLookup;
  readonly listings: Listings;
  readonly engines: EngineRegistry;
  /** A job as the contract gives it, so that what is secret is masked already. @throws `not-found` */
  readonly job: (id: number) => Promise<z.input<typeof jobDetailSchema>> | z.input<typeof jobDetailSchema>;
  /** Holds the lists of files; made when missing. */
  readonly directory: string;
  readonly waits?: RecorderWaits;
}

export interface Provenance extends InputRecorder {
  readonly service: Service<typeof provenanceContract>;
}

/** Of a job that was not begun yet, or ran with a version of Stowage that noted nothing. */
const notNoted = (mount: number, ended: boolean): InputRow => ({
  ...{ mount, state: ended ? 'unknown' : 'listing', reason: ended ? 'It was not noted what the job got.' : null },
  ...{ method: null, digest: null, files: 0, bytes: 0, listedAt: null, git: null },
});

const noChanges: TreeChanges = { added: 0, removed: 0, changed: 0, unsure: 0, unchanged: 0, files: [] };

const namedFiles = 200;
/** Outputs up to this size are compared by their content, file by file. */
const comparedBytes = 64 * 1024 ** 2;

/** Keeps what jobs got, and compares it: with what is there now, and with what other jobs got. */
export function createProvenance(options: ProvenanceOptions): Provenance {
  const { database, lookup, engines, directory, waits } = options;
  const job = async (id: number): Promise<JobDetail> => jobDetailSchema.parse(await options.job(id));
  const rows = createInputRows(database);
  const manifests = createManifests(directory, options.listings);
  const scratch = join(directory, 'work');
  const recorder = createRecorder({ rows, manifests, lookup, engines, scratch, ...(waits && { waits }) });

  const inputsOf = ({ id, plan, state }: JobDetail): JobInputs => {
    const known = rows.of(id);
    const ended = hasEnded(state);
    const mounts = plan.mounts.flatMap((mount, index): MountInput[] => {
      const { role, source, target, mode, approach } = mount;
      if (role === 'output') return [];
      const row = known.find((one) => one.mount === index) ?? notNoted(index, ended);
      const broken = row.state === 'listing' && ended;
      return [{ role, source, target, mode, approach, ...(broken ? notNoted(index, true) : row) }];
    });
    return { image: rows.image(id), mounts };
  };
  const since = (detail: JobDetail, limit: number, signal: AbortSignal) =>
    changesSince(
      { plan: detail.plan, rows: rows.of(detail.id), image: rows.image(detail.id) },
      { manifests, lookup, engines, scratch },
      { limit, signal },
    );

  /** What differs between the lists of two jobs. */
  const between = async (first: MountInput, second: MountInput, limit: number): Promise<TreeDifference> => {
    if (first.digest === null || second.digest === null)
      return { changes: null, reason: `There is no list of what the ${first.digest === null ? 'first' : 'second'} job got.` };
    if (first.digest === second.digest) return { changes: { ...noChanges, unchanged: first.files }, reason: null };
    try {
      return { changes: await diffEntries(manifests.read(first.digest), manifests.read(second.digest), { limit }), reason: null };
    } catch (error) {
      return { changes: null, reason: toStowageError(error).message };
    }
  };
  const outputsOf = ({ output }: JobDetail): InputSource | null =>
    output && lookup.resolve(output.vfolder, parseAddress(`${output.vfolder}:/${output.path}`).path);

  const compareOutputs = async (
    one: JobDetail,
    other: JobDetail,
    limit: number,
    signal: AbortSignal,
  ): Promise<TreeDifference | null> => {
    if (one.output === null || other.output === null) return null;
    try {
      const [before, after] = [outputsOf(one), outputsOf(other)];
      if (!before || !after) return null;
      const [left, right] = await Promise.all([manifests.list(before, signal), manifests.list(after, signal)]);
      try {
        let budget = comparedBytes;
        const same: SameContent = async (was, is) => {
          if (was.size !== is.size) return false;
          // Two files of one time are not one file: only what tells of the content counts.
          if (kindOfVersion(was.version) !== 'mtime') return sameByVersion(was, is);
          budget -= was.size;
          if (budget < 0) return null;
          const [a, b] = await Promise.all([contentVersion(before, was, signal), contentVersion(after, is, signal)]);
          return a === null || b === null ? null : a === b;
        };
        return { changes: await diffEntries(left.entries.read(), right.entries.read(), { limit, same }), reason: null };
      } finally {
        await Promise.all([left.entries.drop(), right.entries.drop()]);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      return { changes: null, reason: toStowageError(error).message };
    }
  };

  const service: Service<typeof provenanceContract> = {
    inputs: async ({ id }) => inputsOf(await job(id)),
    changes: async ({ id, limit = namedFiles }, { signal = new AbortController().signal }) => since(await job(id), limit, signal),
    compare: async ({ first, second, limit = namedFiles }, { signal = new AbortController().signal }) => {
      const [one, other] = [await job(first), await job(second)];
      const [left, right] = [inputsOf(one), inputsOf(other)];
      const inputs = [];
      for (const a of left.mounts) {
        const b = right.mounts.find(({ target }) => target === a.target);
        if (b === undefined) continue;
        const difference = await between(a, b, limit);
        inputs.push({ target: a.target, first: a.source, second: b.source, ...difference });
      }
      return {
        first: one,
        second: other,
        fields: comparedFields({ job: one, inputs: left }, { job: other, inputs: right }),
        inputs,
        outputs: await compareOutputs(one, other, limit, signal),
      };
    },
  };
  return {
    ...recorder,
    service,
    verify: async (jobId, signal) => {
      const detail = await job(jobId);
      refuseChanged(detail, await since(detail, 0, signal));
    },
  };
}
