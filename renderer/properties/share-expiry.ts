/** How long a shared URL is to be good for. */
export type Expiry = '1h' | '1d' | '7d' | 'custom';

const hour = 3_600_000;
const spans: Readonly<Record<Exclude<Expiry, 'custom'>, number>> = { '1h': hour, '1d': 24 * hour, '7d': 7 * 24 * hour };

export const expiryWords: Readonly<Record<Expiry, string>> = { '1h': '1 hour', '1d': '1 day', '7d': '7 days', custom: 'Until…' };

/** The moment that is meant; null for a date that is not one, or not whole yet. `custom` is as a date field has it, in local time. */
export function expiresAt(expiry: Expiry, custom: string, now: number): number | null {
  if (expiry !== 'custom') return now + spans[expiry];
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(custom) ? new Date(custom).getTime() : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Why a date cannot be chosen, as a sentence; null when it can. */
export function expiryProblem(time: number | null, longestMs: number | null, now: number): string | null {
  if (time === null) return 'Give a date and a time.';
  if (time <= now) return 'This is over already.';
  if (longestMs !== null && time - now > longestMs)
    return `The service allows ${Math.round(longestMs / 86_400_000)} days at most.`;
  return null;
}

/** A moment as a date field has it, in local time. */
export function fieldTime(time: number): string {
  const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
