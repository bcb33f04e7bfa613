import type { EngineStatus } from '../contract/engines.ts';
import type { MountCost, PlanCost } from '../contract/plan.ts';
import type { Choices, Contents, HostLink, LaidMount, PlanRequest } from './types.ts';

/**
 * What bringing a source to a job costs. The rates are those of an ordinary machine with an SSD; what decides between
 * approaches are their proportions and the measured link of the host.
 */
const rates = {
  /** Reading what is on this machine. */
  read: { bytesPerSecond: 1e9, secondsPerFile: 0.000_05 },
  copy: { bytesPerSecond: 400e6, secondsPerFile: 0.000_2 },
  /** Laying out what is in the cache already: a link per file. */
  cached: { secondsPerFile: 0.000_01 },
  /** Requests that are under way at once, and what each costs this machine. */
  fetch: { parallel: 16, secondsPerFile: 0.000_5 },
  fetchPacked: { parallel: 64, secondsPerFile: 0.000_15 },
  /** Reading through FUSE: round trips for each file, one file after the other. */
  fuse: { mountSeconds: 1, roundTrips: 2, secondsPerFile: 0.001 },
  /** Into a volume, or the context of an image, of an engine. */
  send: { bytesPerSecond: 100e6, secondsPerFile: 0.000_1 },
  bake: { seconds: 3, bytesPerSecond: 150e6, secondsPerFile: 0.000_3 },
} as const;

/** With a smaller mean size than this and more files than that, files are fetched as one stream. */
const smallBytes = 256 * 1024;
const manyFiles = 1000;

/** A copy that takes longer is not waited for where the files can be shared. */
export const longSeconds = 15 * 60;

/** What decides the cost of a mount beside its source. */
export interface CostFrame {
  readonly link: HostLink | null;
  readonly remote: boolean;
  /** The engine gets copies in a volume. */
  readonly apart: boolean;
  /** The job gets a copy of its own, beside that in the cache: it may write, or nothing keeps it from writing. */
  readonly own: boolean;
}

export const meanBytes = ({ files, bytes }: Contents): number => (files === 0 ? 0 : bytes / files);

export const isManySmall = (contents: Contents): boolean => contents.files > manyFiles && meanBytes(contents) < smallBytes;

/** Whether the engine does not see the disk of this machine, or only through that of a virtual machine. */
export const isApart = (engine: Pick<EngineStatus, 'kind' | 'local'>, platform: string): boolean =>
  engine.kind === 'docker' && (!engine.local || platform !== 'linux');

/** Whether a copy comes to a volume of the engine instead of a folder of this machine. */
export const usesVolume = ({ engine, machine }: Pick<PlanRequest, 'engine' | 'machine'>): boolean =>
  isApart(engine, machine.platform) && (machine.volumes || !engine.local);

export function frameOf({ facts, mode }: LaidMount, request: PlanRequest): CostFrame {
  const apart = usesVolume(request);
  const own = mode === 'rw' || (!apart && !request.engine.absoluteTargets);
  return { link: facts.link, remote: facts.remote, apart, own };
}

const spent = (rate: { bytesPerSecond: number; secondsPerFile: number }, { files, bytes }: Amount): number =>
  bytes / rate.bytesPerSecond + files * rate.secondsPerFile;

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

const known = ({ complete, counting }: Contents): Pick<MountCost, 'complete' | 'counting'> => ({
  complete,
  ...(counting && { counting }),
});

/** Sharing moves nothing before the start. */
export function shareCost(contents: Contents, remote: boolean): MountCost {
  const { files, bytes } = contents;
  const seconds = remote ? rates.fuse.mountSeconds : 0;
  return { files, bytes, moveFiles: 0, moveBytes: 0, seconds, diskBytes: 0, ...known(contents) };
}

/** Everything that is copied comes through the cache, from a host or from this machine. */
export function copyCost(contents: Contents, cached: Amount, frame: CostFrame): MountCost {
  const { files, bytes } = contents;
  const move = { files: Math.max(0, files - cached.files), bytes: Math.max(0, bytes - cached.bytes) };
  const fetching = frame.remote ? fetchSeconds(move, isManySmall(contents), frame.link) : spent(rates.copy, move);
  const laying = frame.own ? spent(rates.copy, contents) : files * rates.cached.secondsPerFile;
  const sending = frame.apart ? spent(rates.send, contents) : 0;
  return {
    ...{ files, bytes, moveFiles: move.files, moveBytes: move.bytes },
    seconds: fetching === null ? null : fetching + laying + sending,
    diskBytes: move.bytes + (frame.own ? bytes : 0),
    ...known(contents),
  };
}

/** An image is made of what the host has, past the cache; the engine keeps it on its own disk. */
export function bakeCost(contents: Contents, frame: CostFrame): MountCost {
  const { files, bytes } = contents;
  const fetching = frame.remote ? fetchSeconds(contents, isManySmall(contents), frame.link) : 0;
  const building = rates.bake.seconds + spent(rates.bake, contents) + (frame.apart ? spent(rates.send, contents) : 0);
  return {
    ...{ files, bytes, moveFiles: files, moveBytes: bytes },
    seconds: fetching === null ? null : fetching + building,
    diskBytes: frame.apart ? 0 : bytes,
    ...known(contents),
  };
}

function fetchSeconds({ files, bytes }: Amount, packed: boolean, link: HostLink | null): number | null {
  if (link === null) return files === 0 ? 0 : null;
  const { parallel, secondsPerFile } = packed ? rates.fetchPacked : rates.fetch;
  const asking = Math.max(link.latencyMs / 1000 / parallel, secondsPerFile);
  return bytes / link.bytesPerSecond + files * asking;
}

/** How long a job takes to read everything once over FUSE, one file after the other; null: not known. */
export function fuseReadSeconds({ files, bytes }: Contents, link: HostLink | null): number | null {
  if (link === null) return null;
  const perFile = rates.fuse.secondsPerFile + (rates.fuse.roundTrips * link.latencyMs) / 1000;
  return bytes / link.bytesPerSecond + files * perFile;
}

/** The same from a disk of this machine. */
export const diskReadSeconds = (contents: Contents): number => spent(rates.read, contents);

/** What all mounts together move and need. What is shared moves nothing, and need not be counted for it. */
export function planCost(choices: Choices, { machine }: PlanRequest): PlanCost {
  const total = { moveFiles: 0, moveBytes: 0, cachedBytes: 0, diskBytes: 0, complete: true };
  let seconds: number | null = 0;
  let counting = false;
  for (const { chosen } of choices) {
    const { cost, approach } = chosen;
    if (approach === 'share') {
      if (seconds !== null) seconds += cost?.seconds ?? 0;
      continue;
    }
    if (cost === null) {
      seconds = null;
      total.complete = false;
      counting = true;
      continue;
    }
    total.moveFiles += cost.moveFiles;
    total.moveBytes += cost.moveBytes;
    total.cachedBytes += Math.max(0, cost.bytes - cost.moveBytes);
    total.diskBytes += cost.diskBytes;
    total.complete &&= cost.complete;
    counting ||= cost.counting ?? false;
    seconds = seconds === null || cost.seconds === null ? null : seconds + cost.seconds;
  }
  return { ...total, ...(counting && { counting }), seconds, diskFreeBytes: machine.disk?.freeBytes ?? null };
}
