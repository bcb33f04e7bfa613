import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '#shared/contract/base.ts';
import type { ErrorCode } from '#shared/errors.ts';

/** The host does not answer, or asks to wait: its files cannot help it. */
const hostTrouble: readonly ErrorCode[] = ['host-unreachable', 'stalled', 'throttled'];
/** Of one file, and often gone at the next try. */
const fileTrouble: readonly ErrorCode[] = ['io-error', 'checksum-mismatch'];
/** Nothing gets through before a person did something: the transfer pauses and says so. */
const needsPerson: readonly ErrorCode[] = ['credentials-expired', 'credentials-rejected', 'credentials-missing', 'clock-wrong'];

export const pausesTransfer = (code: ErrorCode): boolean => needsPerson.includes(code);
/** After these a half file is worth keeping. */
export const isPassing = (code: ErrorCode): boolean =>
  hostTrouble.includes(code) || needsPerson.includes(code) || code === 'io-error' || code === 'cancelled';

export interface PatienceLimits {
  /** Without any answer of a host for this long, the transfer ends. */
  readonly giveUpMs: number;
  /** About the first pause before another try; the following ones grow twofold. */
  readonly firstPauseMs: number;
}

export const usualPatience: PatienceLimits = { giveUpMs: 180_000, firstPauseMs: 500 };

const maxTries = 4;
const longestPauseMs = 20_000;

/** The failed tries of one file or listing. */
export interface Tries {
  count: number;
  /** Those for which the file itself is to blame: the host served others meanwhile. */
  own: number;
  /** When the first and the last of them failed. */
  since: number;
  failedAt: number;
  /** Bytes that the best of them had brought in. */
  furthest: number;
}

/** What a transfer endures before a file, or everything, is given up. */
export interface Patience {
  /** Something got through to the host and back. */
  relief(): void;
  /** After a failed try: waits a growing, jittered while and says whether to try again. */
  again(problem: Problem, tries: Tries): Promise<boolean>;
}

/** `giveUp` is told the host's problem when nothing has got through for too long; the signal has to fire upon it. */
export function createPatience(limits: PatienceLimits, signal: AbortSignal, giveUp: (problem: Problem) => void): Patience {
  let troubleSince: number | null = null;
  let relievedAt = Number.NEGATIVE_INFINITY;
  const worthWaiting = (problem: Problem, tries: Tries): boolean => {
    const { code } = problem;
    const now = performance.now();
    const served = tries.count === 0 || relievedAt > tries.failedAt;
    if (tries.count++ === 0) tries.since = now;
    tries.failedAt = now;
    if (!hostTrouble.includes(code)) return fileTrouble.includes(code) && ++tries.own < maxTries;
    if (served) tries.own++;
    troubleSince ??= now;
    if (now - troubleSince >= limits.giveUpMs) giveUp(problem);
    // An overloaded service sends some away while it serves others: it is no fault of theirs.
    return code === 'throttled' ? now - tries.since < 2 * limits.giveUpMs : tries.own < maxTries;
  };
  return {
    relief: () => {
      troubleSince = null;
      relievedAt = performance.now();
    },
    again: async (problem, tries) => {
      if (!worthWaiting(problem, tries)) return false;
      const pause = Math.min(longestPauseMs, limits.firstPauseMs * 2 ** (tries.count - 1)) * (0.5 + Math.random());
      await delay(pause, undefined, { signal }).catch(() => undefined);
      return true;
    },
  };
}

export const noTries = (): Tries => ({ count: 0, own: 0, since: 0, failedAt: 0, furthest: 0 });
