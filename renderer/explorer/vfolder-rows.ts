import type { Vfolder } from '#shared/contract/vfolders.ts';
import { compareNames, nameFilter } from './names.ts';

export type VfolderColumn = 'name' | 'usage' | 'permission' | 'host' | 'lastUsed';

export interface VfolderSort {
  readonly column: VfolderColumn;
  readonly descending: boolean;
}

export const byName: VfolderSort = { column: 'name', descending: false };

const comparers: Record<VfolderColumn, (a: Vfolder, b: Vfolder) => number> = {
  name: (a, b) => compareNames(a.name, b.name),
  usage: (a, b) => compareNames(a.usage, b.usage),
  permission: (a, b) => compareNames(a.permission, b.permission),
  host: (a, b) => compareNames(a.host.name, b.host.name),
  lastUsed: (a, b) => (a.lastUsedAt ?? 0) - (b.lastUsedAt ?? 0),
};

/** Those whose name, note, host or place holds what was typed (a glob: the name only), in order; equals by name. */
export function shownVfolders(vfolders: readonly Vfolder[], filter: string, { column, descending }: VfolderSort): Vfolder[] {
  const passes = nameFilter(filter);
  const sign = descending ? -1 : 1;
  const compare = comparers[column];
  const glob = /[*?]/.test(filter);
  return vfolders
    .filter(({ name, note, host, place }) => passes(name) || (!glob && [note, host.name, place].some(passes)))
    .sort((a, b) => sign * compare(a, b) || compareNames(a.name, b.name));
}

/** The list cut by host, hosts by name; the order within stays. */
export function groupedByHost(vfolders: readonly Vfolder[]): Array<{ host: Vfolder['host']; vfolders: Vfolder[] }> {
  const groups = new Map<string, { host: Vfolder['host']; vfolders: Vfolder[] }>();
  for (const vfolder of vfolders) {
    const group = groups.get(vfolder.host.id) ?? { host: vfolder.host, vfolders: [] };
    group.vfolders.push(vfolder);
    groups.set(vfolder.host.id, group);
  }
  return [...groups.values()].sort((a, b) => compareNames(a.host.name, b.host.name));
}
