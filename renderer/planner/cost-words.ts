import type { MountCost, Plan } from '#shared/contract/plan.ts';
import { aboutSeconds, durationText } from '#shared/plan/figures.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { summarise } from './plan-words.ts';

/** Of which part: 0 only for nothing, 100 only for all. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  const rounded = Math.round((100 * part) / whole);
  return part > 0 && part < whole ? Math.min(99, Math.max(1, rounded)) : rounded;
}

/** What an approach moves and takes before the job can start, in one line; '' when nothing is known. */
export function costWords(cost: MountCost | null): string {
  if (!cost) return '';
  const { files, bytes, moveFiles, moveBytes, seconds, diskBytes, complete, counting } = cost;
  const least = complete ? '' : 'at least ';
  const part = moveBytes < bytes ? ` of ${formatBytes(bytes)}` : '';
  const moved = `moves ${least}${formatBytes(moveBytes)}${part} in ${plural(moveFiles, 'file')}`;
  const moves = moveFiles > 0 || moveBytes > 0;
  return [
    moves ? moved : complete && files === 0 ? 'no files' : 'nothing to move',
    seconds !== null && (moves || seconds >= 1) && aboutSeconds(seconds),
    diskBytes > 0 && `${least}${formatBytes(diskBytes)} of disk`,
    counting && 'counting…',
  ]
    .filter(Boolean)
    .join(' · ');
}

/**
 * The estimate beside Run: `ready in about 12 s · copies 1.20 GB of 3.00 GB (60 % cached) · 41.0 GB disk left after`. While
 * a source is being counted, and where it is too large to be, the figures are a lower bound and say so.
 */
export function estimate(plan: Plan): string {
  const { moveFiles, moveBytes, cachedBytes, seconds, diskBytes, diskFreeBytes, complete, counting } = plan.cost;
  if (moveFiles === 0 && moveBytes === 0 && cachedBytes === 0)
    return `${summarise(plan)} · ${counting ? 'counting…' : 'ready to run'}`;
  const whole = moveBytes + cachedBytes;
  const least = complete ? '' : 'at least ';
  const cached = cachedBytes > 0 ? ` of ${formatBytes(whole)} (${percent(cachedBytes, whole)} % cached)` : '';
  const copies =
    moveFiles > 0 || moveBytes > 0
      ? `copies ${least}${formatBytes(moveBytes)}${cached}`
      : `all ${formatBytes(whole)} are cached, nothing to copy`;
  return [
    counting
      ? 'counting…'
      : seconds !== null && (complete ? `ready in ${aboutSeconds(seconds)}` : `takes more than ${durationText(seconds)}`),
    copies,
    diskBytes > 0 && diskFreeBytes !== null && diskWords(diskFreeBytes - diskBytes),
  ]
    .filter(Boolean)
    .join(' · ');
}

const diskWords = (left: number): string =>
  left >= 0 ? `${formatBytes(left)} disk left after` : `${formatBytes(-left)} more disk needed than there is`;

/** `3 files, 1.20 MB` for what was brought or freed. */
export const filesWords = (files: number, bytes: number): string => `${plural(files, 'file')}, ${formatBytes(bytes)}`;

/** A share of 0 to 1 for a cell: `40 %`, '' for nothing. */
export const shareWords = (share: number | undefined): string => (share ? `${percent(share, 1)} %` : '');
