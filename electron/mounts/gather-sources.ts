import path from 'node:path';
import type { JobSpec } from '#shared/contract/plan.ts';
import type { Probes } from '#shared/plan/layout.ts';
import { outputFolderName } from '#shared/plan/target.ts';
import type { InsideKind, PlanRequest, SourceFacts } from '#shared/plan/types.ts';
import type { ResolvedPlace } from '../services.ts';
import { createBriefCache } from './brief-cache.ts';
import { createContentsCounter } from './contents.ts';
import { scanLeavingLinks } from './leaving-links.ts';
import type { PlannerOptions } from './planner.ts';
import { createRemoteLooker } from './remote-facts.ts';
import { insideKind, type LookedAt, lookAtSource, lookAtVfolder, type SourceQuestion } from './source-facts.ts';
import { readMountPoints } from './submounts.ts';

const scanMilliseconds = 150;
const scanEntries = 20_000;
const cacheMilliseconds = 4000;

/** How long (ms) a plan waits for what hosts tell, and for files to be counted. */
export interface Waits {
  readonly host: number;
  readonly count: number;
  /** The same for files of this machine. */
  readonly countHere: number;
}

export interface Gathered {
  readonly sources: PlanRequest['sources'];
  /** Where the sources lie that can be looked into. */
  readonly places: ReadonlyMap<SourceFacts, ResolvedPlace>;
}

export interface SourceGatherer {
  gather(spec: JobSpec, jobName: string, waits: Waits): Promise<Gathered>;
  /** The sources with what lies at paths below them. */
  lookInside(gathered: Gathered, wanted: Probes['inside'], waits: Waits): Promise<PlanRequest['sources']>;
  close(): void;
}

/** Finds the facts of all sources of a plan. */
export function createSourceGatherer(options: PlannerOptions): SourceGatherer {
  const { lookup, listings, changes, cachedShare, linkOf, mountRefusal } = options;
  const links = createBriefCache<SourceFacts['leavingLinks']>(cacheMilliseconds);
  const mountPoints = createBriefCache<string[]>(cacheMilliseconds);
  const counter = createContentsCounter(listings, changes);
  const remote = createRemoteLooker(linkOf ?? (() => null));

  /** What only folders of this machine have. */
  const onThisMachine = async (facts: SourceFacts, deadline: number, points: readonly string[]): Promise<SourceFacts> => {
    const { realPath } = facts;
    if (facts.stat !== 'directory' || realPath === null || !facts.readable || realPath === path.parse(realPath).root)
      return facts;
    const leavingLinks = await links.get(realPath, () => scanLeavingLinks(realPath, { entries: scanEntries, deadline }));
    return { ...facts, leavingLinks, submounts: points.filter((point) => point.startsWith(`${realPath}/`)) };
  };

  const gather: SourceGatherer['gather'] = async (spec, jobName, waits) => {
    const deadline = performance.now() + scanMilliseconds;
    const begun = performance.now();
    const places = new Map<SourceFacts, ResolvedPlace>();
    const points = await mountPoints.get('', readMountPoints);

    const withDetails = async ({ facts: found, place }: LookedAt): Promise<SourceFacts> => {
      if (found.problem) return found;
      if (place === null) return onThisMachine(found, deadline, points);
      const looked = found.remote ? await remote.look(found, place, waits.host) : await onThisMachine(found, deadline, points);
      const isThere = looked.problem === null && looked.readable && (looked.stat === 'directory' || looked.stat === 'file');
      const [contents, cached, refusal] = await Promise.all([
        isThere ? counter.count(place, begun + (found.remote ? waits.count : waits.countHere) - performance.now()) : null,
        isThere ? orNothing(() => cachedShare?.(place.vfolder.id, place.inner)) : undefined,
        found.remote ? orNothing(() => mountRefusal?.(place.vfolder.host.id)) : undefined,
      ]);
      const facts = { ...looked, contents, ...(cached && { cached }), ...(refusal && { mountRefusal: refusal }) };
      places.set(facts, place);
      return facts;
    };

    const look = async (question: SourceQuestion): Promise<SourceFacts> => withDetails(await lookAtSource(question, lookup));
    const output = spec.output === undefined ? `outputs:/${outputFolderName(jobName)}` : spec.output;
    const [mounts, code, out, automounts] = await Promise.all([
      Promise.all(spec.mounts.map(({ source }) => look({ source, hostPaths: false, madeAtStart: false }))),
      spec.code ? look({ source: spec.code.source, hostPaths: true, madeAtStart: false }) : null,
      output === null ? null : look({ source: output, hostPaths: false, madeAtStart: spec.output === undefined }),
      Promise.all(lookup.automounts().map(async (vfolder) => withDetails(await lookAtVfolder(vfolder, lookup)))),
    ]);
    return { sources: { mounts, code, output: out, automounts }, places };
  };

  const kindsInside = async (
    facts: SourceFacts,
    paths: readonly string[],
    place: ResolvedPlace | undefined,
    waits: Waits,
  ): Promise<Record<string, InsideKind>> => {
    const { realPath } = facts;
    if (facts.problem || facts.stat !== 'directory') return {};
    if (facts.remote) return place ? remote.inside(place, paths, waits.host) : {};
    if (realPath === null) return {};
    const kinds = paths.map(async (rel): Promise<[string, InsideKind]> => [rel, await insideKind(realPath, rel)]);
    return Object.fromEntries(await Promise.all(kinds));
  };

  return {
    gather,
    lookInside: async ({ sources, places }, wanted, waits) => {
      const found = new Map(
        await Promise.all(
          [...wanted].map(async ([facts, paths]) => [facts, await kindsInside(facts, paths, places.get(facts), waits)] as const),
        ),
      );
      const add = (facts: SourceFacts): SourceFacts => {
        const inside = found.get(facts);
        return inside ? { ...facts, inside } : facts;
      };
      return {
        mounts: sources.mounts.map(add),
        code: sources.code && add(sources.code),
        output: sources.output && add(sources.output),
        automounts: sources.automounts.map(add),
      };
    },
    close: counter.close,
  };
}

/** A fact that cannot be found is no reason not to plan. */
async function orNothing<Value>(find: () => Value | Promise<Value>): Promise<Value | undefined> {
  try {
    return await find();
  } catch {
    return undefined;
  }
}
