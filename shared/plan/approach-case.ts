import type { Approach, MountCost } from '../contract/plan.ts';
import { meanBytes } from './cost.ts';
import { bytesText, filesText } from './figures.ts';
import type { Contents, ImageFactsForPlan, JudgedOption, LaidMount, PlanRequest } from './types.ts';

/** A mount with what its approaches are judged by. */
export interface Case {
  readonly mount: LaidMount;
  readonly request: PlanRequest;
  /** The engine runs jobs in containers. */
  readonly container: boolean;
  /** The engine runs on another machine. */
  readonly elsewhere: boolean;
  /** The nearest mount that the target lies in. */
  readonly parent: LaidMount | null;
  readonly image: ImageFactsForPlan | null;
  /** There is nothing at the source yet: an output folder that the job makes. */
  readonly unborn: boolean;
}

/** Of an empty folder, such as one that is not there yet. */
export const nothing: Contents = { files: 0, bytes: 0, newest: null, complete: true };

export const impossible = (
  approach: Approach,
  reason: string,
  obstacle: 'disk' | 'other' = 'other',
  cost: MountCost | null = null,
): JudgedOption => ({
  ...{ approach, possible: false, reason, cost, obstacle, drawback: null, packed: false },
});

export const possible = (approach: Approach, reason: string, cost: MountCost | null, packed = false): JudgedOption => ({
  ...{ approach, possible: true, reason, cost, obstacle: null, drawback: null, packed },
});

/** `412,000 files of 9 KB on average`, `1 file of 10 GB`; with “more than” while they are still counted. */
export function figures(contents: Contents): string {
  const { files, bytes, complete } = contents;
  const more = complete ? '' : 'more than ';
  if (files <= 1) return `${more}${filesText(files)} of ${bytesText(bytes)}`;
  return `${more}${filesText(files)} of ${bytesText(meanBytes(contents))} on average`;
}
