const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Bytes for people, decimal units as disks and networks count them: `0 B`, `999 B`, `1.2 KB`, `45 MB`, `1.04 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  // 999.96 KB would be written as 1000 KB: it belongs to the next unit.
  if (unit > 0 && Number(value.toPrecision(3)) >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text =
    unit === 0 ? String(Math.round(value)) : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
  return `${text} ${byteUnits[unit]}`;
}

export const formatSpeed = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** A count with the thousands set apart: `1,204`. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** `1 file`, `1,204 files`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A span of time: `0.4 s`, `12 s`, `3 m 05 s`, `2 h 07 m`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' });

/** A moment, as short as it can be read: `Today 14:05`, `3 Nov 14:05`, `3 Nov 2024`. Null is `—`. */
export function formatTime(time: number | null, now: number = Date.now()): string {
  if (time === null) return '—';
  const then = new Date(time);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return `Today ${clock.format(then)}`;
  if (then.getFullYear() === today.getFullYear()) return `${dayMonth.format(then)} ${clock.format(then)}`;
  return dayMonthYear.format(then);
}

/** How long ago a moment was, in words: `just now`, `2 min ago`, `3 h ago`; longer than a day ago the moment itself. */
export function formatAgo(time: number, now: number = Date.now()): string {
  const minutes = Math.floor(Math.max(0, now - time) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : formatTime(time, now);
}

/** A moment in full, for tooltips and properties. */
export const formatExactTime = (time: number): string => exact.format(new Date(time));
