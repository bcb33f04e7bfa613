/** Figures as the planner writes them into its sentences; decimal units, as disks and networks count them. */

const byteUnits = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `1 byte`, `9.2 KB`, `3 GB`, `412 GB`. */
export function bytesText(bytes: number): string {
  let value = Math.max(0, Math.round(bytes));
  let unit = 0;
  // What would be written as 1000 of a unit belongs to the next one.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return value === 1 ? '1 byte' : `${value} bytes`;
  return `${value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value)} ${byteUnits[unit]}`;
}

/** `412,000`. */
export const countText = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 file`, `412,000 files`. */
export const filesText = (files: number): string => `${countText(files)} ${files === 1 ? 'file' : 'files'}`;

/** `less than a second`, `12 s`, `3 min`, `2.5 h`, `4 days`. */
export function durationText(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 119.5) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  if (hours < 48) return `${hours < 9.95 ? Math.round(hours * 10) / 10 : Math.round(hours)} h`;
  return `${Math.round(hours / 24)} days`;
}

/** `less than a second`, `about 12 s`. */
export const aboutSeconds = (seconds: number): string => (seconds < 1 ? durationText(seconds) : `about ${durationText(seconds)}`);
