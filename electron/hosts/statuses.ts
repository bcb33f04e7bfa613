import type { HostCheck, HostStatus } from '#shared/contract/hosts.ts';
import { toStowageError } from '#shared/errors.ts';
import { waitAtMost } from '../waiting.ts';

/** What is known of a host since its last check. */
export interface Known {
  readonly status: HostStatus;
  readonly space: { readonly freeBytes: number; readonly totalBytes: number } | null;
  /** Whether it can be written: tried only when a person tests it. */
  readonly write: HostCheck | null;
}

/** Last known states, brought up to date in the background. Nobody waits for a host that does not answer. */
export interface Statuses {
  /** What is known; begins a check when that is old. */
  get(hostId: string): Known;
  /** Waits until the hosts have been checked once, at most so long (milliseconds). */
  firstChecks(hostIds: readonly string[], patience: number): Promise<void>;
  /** Checks now, whatever is known. */
  check(hostId: string): Promise<void>;
  set(hostId: string, known: Known): void;
  /** Its settings changed, or it is gone: nothing is known. */
  forget(hostId: string): void;
  close(): Promise<void>;
}

/** A check that is older is repeated when somebody looks. Milliseconds. */
const freshMs = 60_000;

const unknown: Known = {
  status: { state: 'checking', message: 'Being checked.', hint: null, checkedAt: null },
  space: null,
  write: null,
};

export function createStatuses(options: {
  check: (hostId: string, before: Known | undefined, signal: AbortSignal) => Promise<Known>;
  /** What somebody sees of a host is another now. */
  changed: () => void;
}): Statuses {
  const known = new Map<string, Known>();
  const running = new Map<string, { ended: Promise<void>; stop: AbortController }>();
  const set = (hostId: string, next: Known): void => {
    const before = known.get(hostId);
    known.set(hostId, next);
    if (!before || looksOther(before, next)) options.changed();
  };
  const begin = (hostId: string): Promise<void> => {
    const under = running.get(hostId);
    if (under) return under.ended;
    const stop = new AbortController();
    const work = async (): Promise<void> => {
      // Begun a moment later, so that who asked for a list gets it first.
      await Promise.resolve();
      try {
        const next = await options.check(hostId, known.get(hostId), stop.signal).catch(unusable);
        if (!stop.signal.aborted) set(hostId, next);
      } finally {
        if (running.get(hostId)?.stop === stop) running.delete(hostId);
      }
    };
    const ended = work();
    running.set(hostId, { ended, stop });
    return ended;
  };
  const forget = (hostId: string): void => {
    running.get(hostId)?.stop.abort();
    running.delete(hostId);
    known.delete(hostId);
  };
  const firstChecks = async (hostIds: readonly string[], patience: number): Promise<void> => {
    const first = hostIds.filter((hostId) => !known.has(hostId)).map(begin);
    if (first.length === 0) return;
    await waitAtMost(Promise.all(first), patience);
  };
  return {
    get: (hostId) => {
      const found = known.get(hostId);
      if (!found || Date.now() - (found.status.checkedAt ?? 0) > freshMs) void begin(hostId);
      return found ?? unknown;
    },
    firstChecks,
    check: begin,
    set,
    forget,
    close: async () => {
      const open = [...running.values()];
      for (const { stop } of open) stop.abort();
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
}

/** A host that cannot even be checked, for what is stored of it. */
function unusable(thrown: unknown): Known {
  const { message, data } = toStowageError(thrown);
  return { status: { state: 'error', message, hint: data.hint ?? null, checkedAt: Date.now() }, space: null, write: null };
}

/** When a host was checked changes nothing by itself; nor does a little space. */
function looksOther(one: Known, other: Known): boolean {
  const rounded = ({ space }: Known): string => (space ? `${Math.round(space.freeBytes / 2 ** 28)} ${space.totalBytes}` : '');
  return (
    one.status.state !== other.status.state ||
    one.status.message !== other.status.message ||
    one.status.hint !== other.status.hint ||
    rounded(one) !== rounded(other)
  );
}

/** The state of a host, from what was tried of it: the worst comes first. */
export function statusOf(checks: readonly HostCheck[], readOnly: boolean, now: number): HostStatus {
  for (const state of ['error', 'warning'] as const) {
    const found = checks.find((check) => check.state === state);
    if (found) return { state, message: found.message, hint: found.hint, checkedAt: now };
  }
  return { state: 'ok', message: readOnly ? 'Ready, read-only.' : 'Ready.', hint: null, checkedAt: now };
}
