import { expect, test } from 'vitest';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { byName, groupedByHost, shownVfolders } from './vfolder-rows.ts';

const vfolder = (name: string, host: string, more: Partial<Vfolder> = {}): Vfolder => ({
  id: name,
  name,
  host: { id: host, name: host, kind: 'local' },
  kind: 'managed',
  usage: 'general',
  permission: 'rw',
  note: '',
  mountPath: null,
  automount: false,
  localPath: null,
  place: `/${host}/${name}`,
  broken: null,
  createdAt: 0,
  lastUsedAt: null,
  trashedAt: null,
  ...more,
});

const all = [
  vfolder('run10', 'lake', { lastUsedAt: 5 }),
  vfolder('run2', 'disk', { note: 'summer season', lastUsedAt: 9 }),
  vfolder('labels', 'lake', { usage: 'data' }),
];

const names = (vfolders: readonly Vfolder[]): string[] => vfolders.map(({ name }) => name);

test('vfolders are found by name, note, host and place, by a glob through the name alone', () => {
  expect(names(shownVfolders(all, '', byName))).toEqual(['labels', 'run2', 'run10']);
  expect(names(shownVfolders(all, 'SEASON', byName))).toEqual(['run2']);
  expect(names(shownVfolders(all, 'lake', byName))).toEqual(['labels', 'run10']);
  expect(names(shownVfolders(all, 'run*', byName))).toEqual(['run2', 'run10']);
  expect(names(shownVfolders(all, '*lake*', byName))).toEqual([]);
});

test('vfolders are sorted by any column both ways, equals by name', () => {
  expect(names(shownVfolders(all, '', { column: 'lastUsed', descending: true }))).toEqual(['run2', 'run10', 'labels']);
  expect(names(shownVfolders(all, '', { column: 'usage', descending: true }))).toEqual(['run2', 'run10', 'labels']);
  expect(names(shownVfolders(all, '', { column: 'host', descending: false }))).toEqual(['run2', 'labels', 'run10']);
});

test('vfolders are grouped by host in the order they have', () => {
  const groups = groupedByHost(shownVfolders(all, '', { column: 'name', descending: true }));
  expect(groups.map((group) => [group.host.name, names(group.vfolders)])).toEqual([
    ['disk', ['run2']],
    ['lake', ['run10', 'labels']],
  ]);
});
