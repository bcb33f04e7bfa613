import path from 'node:path';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import type { JobSpec, Plan, planContract } from '#shared/contract/plan.ts';
import { probesFor } from '#shared/plan/layout.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { outputFolderName } from '#shared/plan/target.ts';
import type { InsideKind, PlanRequest, SourceFacts, Writer } from '#shared/plan/types.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { createBriefCache } from './brief-cache.ts';
import { createImageReader } from './image-facts.ts';
import { scanLeavingLinks } from './leaving-links.ts';
import { insideKind, resolveReal, type SourceQuestion, sourceFacts, vfolderFacts } from './source-facts.ts';
import { readMountPoints } from './submounts.ts';

const scanMilliseconds = 150;
const scanEntries = 20_000;
const cacheMilliseconds = 4000;
const statusMilliseconds = 2000;

/** Sockets that rule a machine, guarded whether or not Stowage uses them. */
const wellKnownSockets =
  process.platform === 'win32'
    ? []
    : [
        '/var/run/docker.sock',
        '/run/docker.sock',
        '/run/podman/podman.sock',
        '/run/containerd/containerd.sock',
        '/run/crio/crio.sock',
      ];

export interface PlannerOptions {
  readonly lookup: VfolderLookup;
  readonly engines: EngineRegistry;
  /** Places that running jobs write. */
  readonly writers: () => readonly Writer[];
  /** Stowage's own data directory. */
  readonly home: string;
  /** The engines' sockets on this machine. */
  readonly socketPaths: readonly string[];
}

export interface Planner {
  readonly service: Service<typeof planContract>;
  /**
   * Finds the facts and plans. Changes nothing. Bad input is a conflict of the plan, never an error.
   * `jobName` names the default output folder; null: the name in the spec, as a preview shows it.
   */
  plan(spec: JobSpec, jobName: string | null): Promise<Plan>;
}

export function createPlanner(options: PlannerOptions): Planner {
  const { lookup, engines } = options;
  const images = createImageReader();
  const statuses = createBriefCache<EngineStatus>(statusMilliseconds);
  const links = createBriefCache<SourceFacts['leavingLinks']>(cacheMilliseconds);
  const mountPoints = createBriefCache<string[]>(cacheMilliseconds);
  const guarded = createBriefCache<string[]>(cacheMilliseconds);
  const status = (id: EngineId): Promise<EngineStatus> => statuses.get(id, () => engines.get(id).status());
  const bothForms = (paths: readonly string[]): Promise<string[]> =>
    guarded.get(paths.join('\0'), async () => [...new Set([...paths, ...(await Promise.all(paths.map(resolveReal)))])]);

  const withDetails = async (facts: SourceFacts, deadline: number, points: readonly string[]): Promise<SourceFacts> => {
    const { realPath } = facts;
    if (
      facts.problem ||
      realPath === null ||
      facts.stat !== 'directory' ||
      !facts.readable ||
      realPath === path.parse(realPath).root
    ) {
      return facts;
    }
    const leavingLinks = await links.get(realPath, () => scanLeavingLinks(realPath, { entries: scanEntries, deadline }));
    const submounts = points.filter((point) => point.startsWith(`${realPath}/`));
    return { ...facts, leavingLinks, submounts };
  };

  const gatherSources = async (spec: JobSpec, jobName: string): Promise<PlanRequest['sources']> => {
    const deadline = performance.now() + scanMilliseconds;
    const points = await mountPoints.get('', readMountPoints);
    const look = async (question: SourceQuestion): Promise<SourceFacts> =>
      withDetails(await sourceFacts(question, lookup), deadline, points);
    const output = spec.output === undefined ? `outputs:/${outputFolderName(jobName)}` : spec.output;
    const [mounts, code, out, automounts] = await Promise.all([
      Promise.all(spec.mounts.map(({ source }) => look({ source, hostPaths: false, madeAtStart: false }))),
      spec.code ? look({ source: spec.code.source, hostPaths: true, madeAtStart: false }) : null,
      output === null ? null : look({ source: output, hostPaths: false, madeAtStart: spec.output === undefined }),
      Promise.all(lookup.automounts().map(async (vfolder) => withDetails(await vfolderFacts(vfolder, lookup), deadline, points))),
    ]);
    return { mounts, code, output: out, automounts };
  };

  const plan = async (spec: JobSpec, jobName: string | null): Promise<Plan> => {
    const name = jobName ?? spec.name ?? 'job';
    const id = spec.engine ?? (await engines.preferred());
    const [engine, others, sources, home, socketPaths] = await Promise.all([
      status(id),
      Promise.all(
        engines
          .all()
          .filter((other) => other.id !== id)
          .map((other) => status(other.id)),
      ),
      gatherSources(spec, name),
      bothForms([options.home]),
      bothForms([...options.socketPaths, ...wellKnownSockets]),
    ]);
    const draft: PlanRequest = {
      spec,
      jobName: name,
      engine,
      otherEngines: others.filter((other) => other.state === 'ready').map((other) => other.id),
      image: 'unknown',
      sources,
      machine: {
        platform: process.platform,
        uid: process.getuid?.() ?? null,
        gid: process.getgid?.() ?? null,
        home,
        socketPaths,
        allowedRoots: null,
      },
      writers: options.writers(),
    };
    const probes = probesFor(draft);
    const reference = spec.image?.trim() ?? '';
    const [image, inside] = await Promise.all([
      id === 'docker' && engine.state === 'ready' && reference !== ''
        ? images.read(engines.get(id), reference, probes.image)
        : ('unknown' as const),
      lookInside(probes.inside),
    ]);
    return planJob({ ...draft, image, sources: addInside(sources, inside) });
  };

  return { plan, service: { preview: ({ spec }) => plan(spec, null) } };
}

type Inside = ReadonlyMap<SourceFacts, Readonly<Record<string, InsideKind>>>;

async function lookInside(wanted: ReadonlyMap<SourceFacts, readonly string[]>): Promise<Inside> {
  const found = await Promise.all(
    [...wanted].map(async ([facts, paths]): Promise<[SourceFacts, Record<string, InsideKind>]> => {
      const { realPath } = facts;
      if (realPath === null || facts.problem || facts.stat !== 'directory') return [facts, {}];
      const kinds = await Promise.all(
        paths.map(async (rel): Promise<[string, InsideKind]> => [rel, await insideKind(realPath, rel)]),
      );
      return [facts, Object.fromEntries(kinds)];
    }),
  );
  return new Map(found);
}

function addInside(sources: PlanRequest['sources'], inside: Inside): PlanRequest['sources'] {
  const add = (facts: SourceFacts): SourceFacts => {
    const found = inside.get(facts);
    return found ? { ...facts, inside: found } : facts;
  };
  return {
    mounts: sources.mounts.map(add),
    code: sources.code && add(sources.code),
    output: sources.output && add(sources.output),
    automounts: sources.automounts.map(add),
  };
}
