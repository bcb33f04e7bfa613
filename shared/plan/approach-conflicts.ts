import { formatAddress } from '../address.ts';
import type { Approach, Fix } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { isUsable } from './approach.ts';
import { evictable } from './approach-copy.ts';
import { otherEngine } from './engine-conflicts.ts';
import { bytesText } from './figures.ts';
import { describe, sentence } from './layout.ts';
import { removal } from './target-conflicts.ts';
import type { Choice, Choices, Finding, LaidMount, Layout } from './types.ts';

/** Approaches that cannot work or are unwise, and copies that together fill the disk. */
export function findApproachConflicts(layout: Layout, choices: Choices): Finding[] {
  const found: Finding[] = [];
  for (const mount of layout.mounts) {
    const choice = choices[mount.index];
    if (choice === undefined || !isUsable(mount)) continue;
    const finding = choice.chosen.possible ? judgeUnwise(mount, choice) : judgeImpossible(layout, mount, choice);
    if (finding) found.push(finding);
  }
  return [...found, ...judgeDisk(layout, choices)];
}

const words: Readonly<Record<Approach, { readonly verb: string; readonly label: string }>> = {
  share: { verb: 'shared', label: 'Share it' },
  copy: { verb: 'copied', label: 'Copy it' },
  bake: { verb: 'baked into the image', label: 'Bake it into the image' },
};

const offer = (mount: LaidMount, approaches: readonly Approach[]): Fix[] =>
  mount.request === null
    ? []
    : approaches.map((approach) => ({
        label: words[approach].label,
        request: mount.request,
        change: { kind: 'set-approach', approach },
      }));

function judgeUnwise(mount: LaidMount, { asked, approach, recommended, chosen }: Choice): Finding | null {
  if (!asked || approach === recommended || chosen.drawback === null) return null;
  const message = `${sentence(describe(mount))} is to be ${words[approach].verb}. ${chosen.drawback}`;
  return { code: 'approach-unwise', severity: 'warning', message, mounts: [mount], fixes: offer(mount, [recommended]) };
}

function judgeImpossible(layout: Layout, mount: LaidMount, { asked, approach, options, chosen }: Choice): Finding {
  const name = sentence(describe(mount));
  const others = options.filter((option) => option.possible).map((option) => option.approach);
  const base = { severity: 'error', mounts: [mount] } as const;
  const instead = offer(mount, others);
  if (chosen.obstacle === 'disk') {
    const smaller = smallerParts(layout, mount);
    const advice = instead.length > 0 ? '' : ' Mount a smaller part of it, or free disk.';
    const message = `${name} cannot be ${words[approach].verb}. ${chosen.reason}${advice}`;
    return { ...base, code: 'disk-full', message, fixes: [...instead, ...smaller, ...removal(mount)] };
  }
  if (asked) {
    const message = `${name} cannot be ${words[approach].verb}. ${chosen.reason}`;
    return { ...base, code: 'approach-impossible', message, fixes: [...instead, ...removal(mount)] };
  }
  const reasons = options.map((option) => option.reason).join(' ');
  const fixes = [...otherEngine(layout), ...removal(mount)];
  if (!mount.facts.remote)
    return { ...base, code: 'remote-engine', message: `${name} cannot be brought to the job. ${reasons}`, fixes };
  return {
    ...base,
    code: 'source-remote',
    message: `${name} is not on this machine and cannot be brought to the job. ${reasons}`,
    fixes,
  };
}

/** Folders in the source that the disk and the cache can hold. */
function smallerParts({ request }: Layout, mount: LaidMount): Fix[] {
  const { facts } = mount;
  const { disk } = request.machine;
  if (mount.request === null || facts.vfolder === null || disk === null) return [];
  const { name } = facts.vfolder;
  const room = Math.min(disk.freeBytes, disk.cacheLimitBytes) / (mount.mode === 'rw' ? 2 : 1);
  return (facts.contents?.parts ?? [])
    .filter((part) => part.bytes > 0 && part.bytes <= room)
    .slice(0, 3)
    .map((part) => {
      const source = formatAddress(name, facts.inner === '' ? part.name : `${facts.inner}/${part.name}`);
      return {
        label: `Mount only “${visible(source)}” (${bytesText(part.bytes)})`,
        request: mount.request,
        change: { kind: 'set-source', source },
      };
    });
}

/** Each may fit by itself and all together not. */
function judgeDisk({ mounts, request }: Layout, choices: Choices): Finding[] {
  const { disk } = request.machine;
  if (disk === null) return [];
  const moved = mounts.filter((mount) => {
    const chosen = choices[mount.index]?.chosen;
    return chosen?.possible && chosen.approach !== 'share' && isUsable(mount) && (chosen.cost?.diskBytes ?? 0) > 0;
  });
  if (moved.length < 2) return [];
  const total = { disk: 0, cache: 0, added: 0 };
  for (const mount of moved) {
    const cost = choices[mount.index]?.chosen.cost;
    if (!cost) continue;
    total.disk += cost.diskBytes;
    if (choices[mount.index]?.approach !== 'copy') continue;
    total.cache += cost.bytes;
    total.added += cost.moveBytes;
  }
  const names = `The ${moved.length} folders that are copied or baked`;
  const fixes = moved.flatMap((mount) => {
    const share = choices[mount.index]?.options.find((option) => option.approach === 'share');
    return share?.possible ? sharing(mount) : [];
  });
  const base = { code: 'disk-full', severity: 'error', mounts: moved, fixes } as const;
  if (total.cache > disk.cacheLimitBytes) {
    const message = `${names} need ${bytesText(total.cache)} in the cache, which may hold ${bytesText(disk.cacheLimitBytes)}.`;
    return [{ ...base, message }];
  }
  if (total.disk - evictable(disk, total.added) <= disk.freeBytes) return [];
  return [{ ...base, message: `${names} need ${bytesText(total.disk)} of disk, and ${bytesText(disk.freeBytes)} are free.` }];
}

const sharing = (mount: LaidMount): Fix[] =>
  mount.request === null
    ? []
    : [
        {
          label: `Share “${visible(mount.facts.display)}”`,
          request: mount.request,
          change: { kind: 'set-approach', approach: 'share' },
        },
      ];
