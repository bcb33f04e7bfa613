import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '#shared/contract/app.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { type Changes, changedPath } from '../events.ts';
import type { VfolderLookup } from '../services.ts';
import { createIndexThread } from './index-thread.ts';
import { VfolderIndex } from './vfolder-index.ts';

/** The indexes of all vfolders, as files in one directory. */
export interface Indexes {
  /** That of a vfolder, taken or not. */
  of(vfolder: Vfolder): VfolderIndex;
  /** Vfolders that have one. */
  taken(): Vfolder[];
  close(): Promise<void>;
}

const suffix = '.idx';
const tidyMs = 1000;

export function createIndexes(options: { directory: string; lookup: VfolderLookup; changes: Changes }): Indexes {
  const { directory, lookup, changes } = options;
  const thread = createIndexThread();
  const open = new Map<string, VfolderIndex>();
  const fileOf = (id: string): string => join(directory, `${id}${suffix}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // What a former process was taking when it ended.
  for (const name of readdirSync(directory)) if (name.endsWith(`${suffix}.new`)) rmSync(join(directory, name));

  const of = (vfolder: Vfolder): VfolderIndex => {
    const place = placeDigest(vfolder);
    const known = open.get(vfolder.id);
    if (known?.ref.identity.place === place) return known;
    // It points elsewhere now; its file is of another place and will not be read.
    void known?.close();
    const { id, name } = vfolder;
    const index = new VfolderIndex({
      thread,
      ref: { key: `${id} ${place}`, file: fileOf(id), identity: { format: 1, vfolder: id, place } },
      place: () => lookup.resolve(nameOf(id) ?? name, ''),
    });
    open.set(id, index);
    return index;
  };
  const nameOf = (id: string): string | undefined => lookup.names().find((name) => lookup.find(name)?.id === id);
  const taken = (): Vfolder[] =>
    lookup.names().flatMap((name) => {
      const vfolder = lookup.find(name);
      return vfolder && existsSync(fileOf(vfolder.id)) ? [vfolder] : [];
    });
  /** Forgets the indexes of vfolders that are gone. */
  const tidy = (): void => {
    const live = new Set(lookup.names().flatMap((name) => lookup.find(name)?.id ?? []));
    for (const [id, index] of open) {
      if (live.has(id)) continue;
      open.delete(id);
      void index.drop().catch(() => undefined);
    }
    for (const name of readdirSync(directory)) {
      const id = name.slice(0, name.indexOf('.'));
      if (!live.has(id)) rmSync(join(directory, name), { force: true });
    }
  };
  let timer: NodeJS.Timeout | null = null;
  const hear = (change: Change): void => {
    if (change.type === 'vfolders') timer ??= setTimeout(() => runTidy(), tidyMs).unref();
    if (change.type !== 'files') return;
    const vfolder = lookup.find(change.vfolder);
    if (vfolder && existsSync(fileOf(vfolder.id))) of(vfolder).changed(changedPath(change));
  };
  const runTidy = (): void => {
    timer = null;
    tidy();
  };
  const off = changes.on(hear);
  return {
    of,
    taken,
    close: async () => {
      off();
      if (timer) clearTimeout(timer);
      await Promise.all([...open.values()].map((index) => index.close()));
      await thread.close();
    },
  };
}

/** Tells one place of a vfolder from another; a managed one is the same wherever its host keeps it. */
const placeDigest = ({ kind, host, place, localPath }: Vfolder): string =>
  createHash('sha256')
    .update(JSON.stringify(kind === 'managed' ? [kind, host.id] : [kind, host.id, place, localPath]))
    .digest('hex')
    .slice(0, 16);
