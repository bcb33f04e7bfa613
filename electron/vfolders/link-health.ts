import { waitAtMost } from '../waiting.ts';
import { brokenBecause } from './link-rules.ts';
import type { VfolderRow } from './rows.ts';

export interface LinkHealth {
  /** Why the link cannot be used, as far as is known; null when all is well or nothing is known yet. */
  broken(row: VfolderRow): string | null;
  /** Looks at links that were not looked at lately, and waits for the answers a moment only. */
  refresh(rows: readonly VfolderRow[]): Promise<void>;
}

export interface LinkHealthOptions {
  /** Tries the target; throws why it cannot be used. */
  probe(row: VfolderRow, signal: AbortSignal): Promise<void>;
  /** An answer came that nobody waited for any more, and is not what was told before. */
  changed(): void;
}

interface Known {
  readonly broken: string | null;
  readonly at: number;
}

/** A list is held up this long at most. */
const waitMs = 250;
const probeMs = 8000;
const localLifeMs = 2000;
const remoteLifeMs = 30_000;
/** A disk that hangs takes a thread of the system's calls for each; there are four. */
const parallelLocal = 2;
const parallelRemote = 4;

/** Keeps what is known of the targets of links. At most one look at each is under way, however long it takes. */
export function createLinkHealth({ probe, changed }: LinkHealthOptions): LinkHealth {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<void>>();
  const local = createGate(parallelLocal);
  const remote = createGate(parallelRemote);

  const look = async (row: VfolderRow, begun: number): Promise<void> => {
    const key = keyOf(row);
    const before = known.get(key)?.broken;
    const tell = (broken: string | null): void => {
      known.set(key, { broken, at: performance.now() });
      if (before !== broken && (before !== undefined || broken !== null) && performance.now() - begun > waitMs) changed();
    };
    const controller = new AbortController();
    const trial = probe(row, controller.signal).then(() => null, brokenBecause);
    const late = Symbol('late');
    const first = await waitAtMost(trial, probeMs, () => late);
    if (first !== late) return tell(first as string | null);
    tell('What it points to does not answer.');
    controller.abort();
    // Looking again before this has ended would only wait beside it.
    await trial;
  };
  const begin = (row: VfolderRow): Promise<void> => {
    const key = keyOf(row);
    const there = underWay.get(key);
    if (there) return there;
    const begun = performance.now();
    const looking = (isRemote(row) ? remote : local)(() => look(row, begun)).finally(() => underWay.delete(key));
    underWay.set(key, looking);
    return looking;
  };
  const stale = (row: VfolderRow): boolean => {
    const at = known.get(keyOf(row))?.at;
    return at === undefined || performance.now() - at > (isRemote(row) ? remoteLifeMs : localLifeMs);
  };
  return {
    broken: (row) => (row.kind === 'linked' ? (known.get(keyOf(row))?.broken ?? null) : null),
    refresh: async (rows) => {
      const looks = rows.filter((row) => row.kind === 'linked' && stale(row)).map(begin);
      if (looks.length > 0) await waitAtMost(Promise.all(looks), waitMs, () => undefined);
    },
  };
}

/** A link that was pointed elsewhere is another. */
const keyOf = (row: VfolderRow): string => [row.id, row.host_id, row.link_target ?? row.root].join(' ');

const isRemote = (row: VfolderRow): boolean => row.link_target === null;

/** Runs work when fewer than `places` others run. */
function createGate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
