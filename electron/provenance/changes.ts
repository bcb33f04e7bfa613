import type { Plan } from '#shared/contract/plan.ts';
import type { ChangesSince, GitState, ImageInput, MountChanges, TreeChanges } from '#shared/contract/provenance.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { changesInWords, isSameTree } from '#shared/provenance/words.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { gitStateOf } from './git-state.ts';
import { type InputSource, kindOfVersion, localPathOf, sourceOfMount } from './input-source.ts';
import { contentVersion, type Manifests } from './manifests.ts';
import { isInput } from './recorder.ts';
import type { InputRow } from './rows.ts';
import { diffEntries, type SameContent, sameByVersion } from './tree-diff.ts';

export interface ChangesOptions {
  readonly manifests: Manifests;
  readonly lookup: VfolderLookup;
  readonly engines: EngineRegistry;
  readonly scratch: string;
}

/** What a job got, as it was noted. */
export interface Noted {
  readonly plan: Plan;
  readonly rows: readonly InputRow[];
  readonly image: ImageInput | null;
}

/** Compares what a job got with what is there now. Never fails but with the signal: what cannot be compared has a reason. */
export async function changesSince(
  { plan, rows, image }: Noted,
  options: ChangesOptions,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<ChangesSince> {
  const mounts: MountChanges[] = [];
  for (const [index, mount] of plan.mounts.entries()) {
    if (!isInput(mount)) continue;
    const row = rows.find((one) => one.mount === index);
    const { source, target } = mount;
    let found: Pick<MountChanges, 'changes' | 'reason' | 'git'>;
    try {
      const place = await sourceOfMount(mount, options.lookup);
      const git = await gitNow(place, mount.role === 'code', options.scratch, signal);
      found = { ...(await compareWithNow(row, place, options.manifests, limit, signal)), git };
    } catch (error) {
      if (signal.aborted) throw error;
      found = { changes: null, reason: toStowageError(error).message, git: null };
    }
    mounts.push({ mount: index, source, target, ...found });
  }
  return { mounts, image: await imageNow(plan, image, options.engines) };
}

function gitNow(place: InputSource, above: boolean, directory: string, signal: AbortSignal): Promise<GitState | null> {
  const local = localPathOf(place);
  return local === null ? Promise.resolve(null) : gitStateOf(local, { directory, above, signal });
}

async function compareWithNow(
  row: InputRow | undefined,
  place: InputSource,
  manifests: Manifests,
  limit: number,
  signal: AbortSignal,
): Promise<{ changes: TreeChanges | null; reason: string | null }> {
  if (row?.digest == null) return { changes: null, reason: row?.reason ?? 'It was not noted what the job got.' };
  const now = await manifests.list(place, signal);
  try {
    const same: SameContent = async (before, after) => {
      const alike = sameByVersion(before, after);
      // What was read then is read again, which is bounded by what was read then.
      if (alike !== null || kindOfVersion(before.version) !== 'sha256') return alike;
      return before.version === (await contentVersion(place, after, signal));
    };
    const changes = await diffEntries(manifests.read(row.digest), now.entries.read(), { limit, same });
    const missed = now.missed > 0 ? `${now.missed.toLocaleString('en-US')} of what is there now could not be listed.` : null;
    return { changes, reason: row.reason ?? missed };
  } finally {
    await now.entries.drop();
  }
}

async function imageNow(plan: Plan, image: ImageInput | null, engines: EngineRegistry): Promise<ChangesSince['image']> {
  if (plan.image === null) return { changed: false, id: null, reason: null };
  if (image === null) return { changed: null, id: null, reason: 'It was not noted which image the job ran in.' };
  try {
    const { id } = await engines.get(plan.engine).inspectImage(plan.image);
    return { changed: id !== image.id, id, reason: null };
  } catch (error) {
    const missing = isStowageError(error, 'image-missing');
    return { changed: missing ? true : null, id: null, reason: toStowageError(error).message };
  }
}

/** @throws `precondition-failed` that says what differs, or is not known */
export function refuseChanged(job: { readonly id: number; readonly name: string }, since: ChangesSince): void {
  const differences = [
    ...since.mounts.flatMap(({ source, changes, reason }) => {
      if (changes !== null && !isSameTree(changes)) return [`${source}: ${changesInWords(changes)}`];
      return changes === null || reason !== null ? [`${source} cannot be compared: ${reason ?? 'it is not known'}`] : [];
    }),
    ...(since.image.changed === true ? [since.image.reason ?? 'its image is another one now'] : []),
    ...(since.image.changed === null ? [since.image.reason ?? 'its image is not known'] : []),
  ].map((text) => text.replace(/\.$/, ''));
  const [first] = differences;
  if (first === undefined) return;
  const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : '';
  throw new StowageError(
    'precondition-failed',
    `Job ${job.id} “${job.name}” cannot be run again with the same inputs: ${first}${more}.`,
    {
      subject: job.name,
      detail: differences.join('\n'),
      hint: 'Put back what changed, or run it again with the newest inputs.',
    },
  );
}
