import { lstat, stat, statfs } from 'node:fs/promises';
import type { EngineStatus } from '#shared/contract/engines.ts';
import type { JobSpec, Plan, planContract } from '#shared/contract/plan.ts';
import { isApart } from '#shared/plan/cost.ts';
import { probesFor } from '#shared/plan/layout.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import type {
  HostLink,
  ImageFactsForPlan,
  ImagePathKind,
  MachineFacts,
  PlanRequest,
  SourceFacts,
  Writer,
} from '#shared/plan/types.ts';
import type { Changes } from '../events.ts';
import type { Listings } from '../listings/listings.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { createBriefCache } from './brief-cache.ts';
import { createSourceGatherer, type Waits } from './gather-sources.ts';
import { createImageReader } from './image-facts.ts';
import { resolveReal } from './source-facts.ts';

const cacheMilliseconds = 4000;
const diskMilliseconds = 1000;
/** A preview comes with every key and is asked for again; the plan that a job starts with is worth some seconds. */
const previewWaits = { host: 150, count: 150 };
const startWaits = { host: 20_000, count: 5000 };
/** An image takes only what was counted whole; a count takes no longer. */
const bakeCountMilliseconds = 120_000;
/** What is shared on this machine is counted for the eye only. */
const sharedCountMilliseconds = 30;
/** More are not looked at: a plan with so many links is judged without what lies at them. */
const mostPathsHere = 4000;

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
  readonly listings: Listings;
  /** Places that running jobs write. */
  readonly writers: () => readonly Writer[];
  /** Stowage's own data directory. */
  readonly home: string;
  /** The engines' sockets on this machine. */
  readonly socketPaths: readonly string[];
  /** Tells when what was counted is no longer true; without it a count holds for some minutes. */
  readonly changes?: Changes;
  /** What the cache holds of a place in a vfolder, as it is on its host now. Default: nothing. */
  readonly cachedShare?: (vfolderId: string, path: string) => Awaitable<SourceFacts['cached']>;
  /** Whether remote places can be mounted here. Default: they cannot. */
  readonly fuseStatus?: (engine: EngineStatus) => Awaitable<{ readonly available: boolean; readonly why: string | null }>;
  /** Why what is on a host cannot be mounted although others can. Default: null. */
  readonly mountRefusal?: (hostId: string) => string | null;
  /** Copies can be brought into volumes of an engine that does not see this disk. Default: they cannot. */
  readonly volumeCopies?: boolean;
  /** The disk of the cache and its bounds. Default: what is free beside the data directory, all of it for the cache. */
  readonly cacheLimits?: () => Awaitable<{ freeBytes: number; limitBytes: number; usedBytes: number }>;
  /** What is placed in the home directory of every job. Default: nothing. */
  readonly dotfiles?: () => NonNullable<PlanRequest['dotfiles']>;
  /** What was measured of a host; null, and by default: what its answers to the planner let assume. */
  readonly linkOf?: (hostId: string) => HostLink | null;
}

type Awaitable<Value> = Value | Promise<Value>;

export interface Planner {
  readonly service: Service<typeof planContract>;
  /**
   * Finds the facts and plans. Changes nothing. Bad input is a conflict of the plan, never an error.
   * `jobName` names the default output folder; null: the name in the spec, as a preview shows it.
   */
  plan(spec: JobSpec, jobName: string | null): Promise<Plan>;
  /** Ends what is counted in the background. */
  close(): void;
}

export function createPlanner(options: PlannerOptions): Planner {
  const { engines } = options;
  const images = createImageReader();
  const disks = createBriefCache<MachineFacts['disk']>(diskMilliseconds);
  const guarded = createBriefCache<string[]>(cacheMilliseconds);
  const bothForms = (paths: readonly string[]): Promise<string[]> =>
    guarded.get(paths.join('\0'), async () => [...new Set([...paths, ...(await Promise.all(paths.map(resolveReal)))])]);

  const sourcesOf = createSourceGatherer(options);

  const plan = async (spec: JobSpec, jobName: string | null): Promise<Plan> => {
    const name = jobName ?? spec.name ?? 'job';
    const id = spec.engine ?? (await engines.preferred());
    const engine = await engines.status(id);
    const usual = jobName === null ? previewWaits : startWaits;
    const apart = isApart(engine, process.platform);
    const bakes = jobName !== null && spec.mounts.some(({ approach }) => approach === 'bake');
    const count = bakes ? bakeCountMilliseconds : usual.count;
    const waits: Waits = { ...usual, count, countHere: apart || bakes ? count : sharedCountMilliseconds };
    const [others, gathered, home, socketPaths, disk, fuse] = await Promise.all([
      engines.ready(),
      sourcesOf.gather(spec, name, waits),
      bothForms([options.home]),
      bothForms([...options.socketPaths, ...wellKnownSockets]),
      disks.get('', () => diskOf(options)),
      fuseOf(options, engine),
    ]);
    const draft: PlanRequest = {
      spec,
      jobName: name,
      engine,
      otherEngines: others.filter((other) => other !== id),
      image: 'unknown',
      sources: gathered.sources,
      machine: {
        platform: process.platform,
        uid: process.getuid?.() ?? null,
        gid: process.getgid?.() ?? null,
        home,
        socketPaths,
        allowedRoots: null,
        now: Date.now(),
        disk,
        fuse,
        volumes: options.volumeCopies ?? false,
      },
      writers: options.writers(),
      dotfiles: options.dotfiles?.() ?? [],
    };
    const probes = probesFor(draft);
    const reference = spec.image?.trim() ?? '';
    const [image, sources] = await Promise.all([
      engine.kind === 'docker' && engine.state === 'ready' && reference !== ''
        ? images.read(engines.get(id), reference, probes.image)
        : engine.kind === 'process' && (spec.links?.length ?? 0) > 0
          ? machineAsImage(probes.image)
          : ('unknown' as const),
      sourcesOf.lookInside(gathered, probes.inside, waits),
    ]);
    return planJob({ ...draft, image, sources });
  };

  return { plan, service: { preview: ({ spec }) => plan(spec, null) }, close: sourcesOf.close };
}

/** What is free now changes with every plan; that it cannot be told is no reason not to plan. */
async function diskOf({ cacheLimits, home }: PlannerOptions): Promise<MachineFacts['disk']> {
  try {
    if (cacheLimits) {
      const { freeBytes, limitBytes, usedBytes } = await cacheLimits();
      return { freeBytes, cacheLimitBytes: limitBytes, cacheUsedBytes: usedBytes };
    }
    const { bavail, bsize } = await statfs(home);
    return { freeBytes: bavail * bsize, cacheLimitBytes: bavail * bsize, cacheUsedBytes: 0 };
  } catch {
    return null;
  }
}

async function fuseOf({ fuseStatus }: PlannerOptions, engine: EngineStatus): Promise<MachineFacts['fuse']> {
  const unknown = { available: false, why: 'Folders of other machines cannot be mounted on this one.' };
  try {
    const { available, why } = (await fuseStatus?.(engine)) ?? unknown;
    return { available, why: why ?? unknown.why };
  } catch {
    return unknown;
  }
}

/** An engine that runs jobs on this machine has its files where another has those of an image. */
async function machineAsImage(paths: readonly string[]): Promise<ImageFactsForPlan | 'unknown'> {
  if (paths.length > mostPathsHere) return 'unknown';
  const found = await Promise.all(
    paths.map(async (file): Promise<[string, ImagePathKind]> => {
      // A symlink to nothing is in the way as well.
      const there = await stat(file).catch(() => lstat(file).catch(() => null));
      return [file, there === null ? 'missing' : there.isDirectory() ? 'directory' : 'file'];
    }),
  );
  return { workdir: null, user: null, command: [], paths: Object.fromEntries(found) };
}
