import { join } from 'node:path';
import { parseAddress } from '#shared/address.ts';
import type { BakedImage, imagesContract } from '#shared/contract/images.ts';
import type { Plan, PlanStep } from '#shared/contract/plan.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { type BakeCapable, type BakedImageFacts, canBake, type Engine, type ImageFacts } from '../engines/engine.ts';
import { imageForJob } from '../jobs/pull.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, ResolvedPlace, Staging, StagingOptions, VfolderLookup } from '../services.ts';
import { untilAborted } from '../storage/bodies.ts';
import { ContentDigest } from './content-digest.ts';
import { createLastUsed } from './last-used.ts';
import { sourceArchive } from './source-archive.ts';
import { type SourceLimits, sourceEntries } from './source-entries.ts';

export interface BakingOptions {
  /** The data directory. */
  readonly home: string;
  /** Images of other data directories are not used. */
  readonly homeId: string;
  readonly lookup: VfolderLookup;
  readonly engines: EngineRegistry;
  readonly limits?: SourceLimits;
}

export interface Baking extends Staging {
  readonly service: Service<typeof imagesContract>;
}

type BakeStep = Extract<PlanStep, { kind: 'bake' }>;
type Baker = Engine & BakeCapable;

export const bakeLimits: SourceLimits = { bytes: 1e9, files: 500_000 };
const tellMs = 500;

/**
 * Puts the files of folders into images made from those of jobs. An image is known by the digest of what is in it, so a folder
 * that did not change is never put into one again; several steps of a job are made one on the other.
 */
export function createBaking({ home, homeId, lookup, engines, limits = bakeLimits }: BakingOptions): Baking {
  const lastUsed = createLastUsed(join(home, 'baked-images.json'));
  const building = new Map<string, Promise<string>>();
  /** References of images whose job may have no container yet, which would keep them. */
  const held = new Map<number, readonly string[]>();

  /** Equal work is done once, also when two jobs ask for it at the same time. */
  const once = async (digest: string, signal: AbortSignal, work: () => Promise<string>): Promise<string> => {
    for (let other = building.get(digest); other; other = building.get(digest)) {
      const made = await other.catch(() => null);
      if (made !== null) return made;
      signal.throwIfAborted();
    }
    const making = work().finally(() => building.delete(digest));
    building.set(digest, making);
    return making;
  };

  const bakeOne = async (engine: Baker, base: Base, plan: Plan, step: BakeStep, options: StagingOptions): Promise<string> => {
    const { signal, tell } = options;
    const planned = plan.mounts[step.mount];
    if (!planned || planned.vfolder === null)
      throw new StowageError('internal', `The plan has no vfolder for its mount ${step.mount}.`);
    const place = lookup.resolve(planned.vfolder, parseAddress(planned.source).path);
    const source = planned.source;
    const at = step.mount;
    tell(`Looking through ${visible(source)}`, { at });
    const found = await digestOf(place, limits, signal);
    const digest = found.with(homeId, base.facts.id, step.target);
    return once(digest, signal, async () => {
      const there = await engine.findBaked(digest);
      if (there !== null) return there;
      await refuseHidden(engine, base, step.target);
      const progress = createProgress(`Putting ${visible(source)} into the image`, found.bytes, (text, part) =>
        tell(text, { at, part }),
      );
      return engine.bakeImage({
        base: base.facts.id,
        digest,
        facts: { base: base.title, source, target: step.target, bytes: found.bytes },
        archive: (parents) => progress(checkedArchive(place, { target: step.target, parents }, { digest, base, limits, signal })),
        signal,
      });
    });
  };

  /** As it is now: what was listed first and what was packed must be one and the same. */
  async function* checkedArchive(
    place: ResolvedPlace,
    where: { readonly target: string; readonly parents: readonly string[] },
    { digest, base, limits: bounds, signal }: { digest: string; base: Base; limits: SourceLimits; signal: AbortSignal },
  ): AsyncGenerator<Uint8Array> {
    const packed = new ContentDigest();
    yield* sourceArchive(place.provider, counted(sourceEntries(place, bounds, signal), packed), where, signal);
    if (packed.with(homeId, base.facts.id, where.target) === digest) return;
    throw new StowageError('source-changed', `“${visible(place.vfolder.name)}” changed while it was put into an image.`, {
      subject: place.vfolder.name,
      hint: 'Run the job again when nobody writes there, or share the folder instead.',
    });
  }

  const found = async (): Promise<{ readonly engine: Baker; readonly image: BakedImage }[]> => {
    const lists = await Promise.all(
      engines
        .used()
        .filter(canBake)
        .map(async (engine) => {
          const images = await bakedBy(engine);
          return images.map(({ digest, ...image }) => ({
            engine,
            image: { ...image, lastUsedAt: Math.max(lastUsed.get(digest) ?? 0, image.createdAt) },
          }));
        }),
    );
    return lists.flat().sort((a, b) => b.image.createdAt - a.image.createdAt);
  };

  return {
    prepare: async (jobId, plan, options) => {
      const steps = plan.steps.filter((step) => step.kind === 'bake');
      if (steps.length === 0) return { binds: [], volumes: [], image: null };
      const engine = engines.get(plan.engine);
      if (!canBake(engine) || plan.image === null)
        throw new StowageError('unsupported', 'Files can be put into an image only for jobs that run in one.', {
          hint: 'Choose the engine “docker”, or share or copy the folder.',
        });
      let base: Base = { title: plan.image, facts: await imageForJob(engine, plan.image, options) };
      const made: string[] = [];
      for (const step of steps) {
        options.signal.throwIfAborted();
        const reference = await bakeOne(engine, base, plan, step, options);
        made.push(reference);
        held.set(jobId, made);
        const title = `${base.title} + ${plan.mounts[step.mount]?.source ?? ''}`;
        base = { title, facts: await engine.inspectImage(reference) };
      }
      const image = made.at(-1) ?? null;
      const images = await engine.bakedImages();
      const digests = images.map(({ digest }) => digest);
      for (const { reference, digest } of images) if (made.includes(reference)) lastUsed.note(digest, digests);
      return { binds: [], volumes: [], image };
    },
    // What is in an image cannot be lost.
    watch: (_jobId, signal) => untilAborted(signal),
    finish: async () => [],
    release: async (jobId) => void held.delete(jobId),
    service: {
      list: async () => (await found()).map(({ image }) => image),
      remove: async ({ id }) => {
        const { engine, image } = (await found()).find((each) => each.image.id === id || each.image.reference === id) ?? {};
        const holder = image && [...held].find(([, references]) => references.includes(image.reference));
        if (holder)
          throw new StowageError('in-use', `Job ${holder[0]} uses the image with the files of “${image.source}”.`, {
            subject: image.reference,
            hint: 'Wait until it has ended, or stop it.',
          });
        return { removed: image !== undefined && ((await engine?.removeBaked(image.id)) ?? false) };
      },
    },
  };
}

/** None where the engine does not answer. */
async function bakedBy(engine: Baker): Promise<BakedImageFacts[]> {
  try {
    return await engine.bakedImages();
  } catch (error) {
    if (isStowageError(error, 'engine-absent', 'engine-permission', 'engine-error', 'unsupported')) return [];
    throw error;
  }
}

interface Base {
  /** For people: the image of the job, and what was put on it before. */
  readonly title: string;
  readonly facts: ImageFacts;
}

async function digestOf(place: ResolvedPlace, limits: SourceLimits, signal: AbortSignal): Promise<ContentDigest> {
  const digest = new ContentDigest();
  for await (const entry of sourceEntries(place, limits, signal)) digest.add(entry);
  return digest;
}

async function* counted<Entry extends Parameters<ContentDigest['add']>[0]>(
  entries: AsyncIterable<Entry>,
  digest: ContentDigest,
): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    digest.add(entry);
    yield entry;
  }
}

/** A mount would hide what the image has there; in an image both would lie together. */
async function refuseHidden(engine: Engine, { title, facts }: Base, target: string): Promise<void> {
  const { [target]: fact } = await engine.probeImage(facts.id, [target]);
  if (fact !== 'file' && fact !== 'directory') return;
  throw new StowageError('mount-failed', `Files cannot be put at “${target}”: the image “${title}” has files there already.`, {
    subject: target,
    hint: 'Choose another target, or share or copy the folder instead.',
  });
}

/** Tells now and then how much of an archive was taken. */
function createProgress(
  text: string,
  totalBytes: number,
  tell: (text: string, part: number) => void,
): (archive: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return async function* (archive) {
    let done = 0;
    let told = Number.NEGATIVE_INFINITY;
    for await (const chunk of archive) {
      yield chunk;
      done += chunk.length;
      if (performance.now() - told < tellMs) continue;
      told = performance.now();
      const taken = Math.min(done, totalBytes);
      tell(`${text} · ${megabytes(taken)} of ${megabytes(totalBytes)} MB`, totalBytes > 0 ? taken / totalBytes : 1);
    }
  };
}
