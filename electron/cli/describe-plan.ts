import type { Plan, PlanCost } from '#shared/contract/plan.ts';
import { visible } from '#shared/paths.ts';
import { size, table } from './output.ts';

/** A plan for a terminal: mounts with their approach, its reason and cost, links, the whole cost, and what speaks against it. */
export function planText(plan: Plan): string {
  return [
    table(
      ['SOURCE', 'TARGET', 'MODE', 'APPROACH', 'MOVES', 'FILES', 'READY IN', 'WHY'],
      plan.mounts.map(({ source, target, mode, approach, cost, reason }) => [
        source,
        target,
        mode,
        approach,
        { bytes: cost?.moveBytes ?? null },
        cost?.moveFiles ?? '',
        seconds(cost?.seconds ?? null),
        reason,
      ]),
    ),
    ...(plan.links.length === 0
      ? []
      : [
          '',
          table(
            ['LINK', 'LEADS TO'],
            plan.links.map(({ path, target }) => [path, target]),
          ),
        ]),
    '',
    costText(plan.cost),
    ...plan.conflicts.map((conflict) => `${conflict.severity}: ${visible(conflict.message)}`),
  ].join('\n');
}

const seconds = (value: number | null): string => (value === null ? '' : value < 1 ? '< 1 s' : `${Math.round(value)} s`);

/** The figures of sources that are not counted whole are a lower bound. */
function costText(cost: PlanCost): string {
  const { moveFiles, moveBytes, cachedBytes, diskBytes, diskFreeBytes, complete, counting } = cost;
  const least = complete ? '' : 'at least ';
  const cached = cachedBytes > 0 ? ` (${size(cachedBytes)} cached already)` : '';
  const facts = [
    cost.seconds !== null && complete && `ready in ${seconds(cost.seconds)}`,
    moveBytes > 0 || moveFiles > 0 ? `copies ${least}${size(moveBytes)}${cached}` : `nothing to copy${cached}`,
    diskBytes > 0 && `takes ${least}${size(diskBytes)} of disk`,
    diskBytes > 0 && diskFreeBytes !== null && `${size(Math.max(0, diskFreeBytes - diskBytes))} left after`,
    counting && 'still counting',
  ].filter((fact) => typeof fact === 'string');
  return `Cost: ${facts.join(', ')}`;
}
