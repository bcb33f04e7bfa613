import { existsSync, type FSWatcher, mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InnerPath } from '#shared/paths.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';

/** Programs write in bursts, and many save by writing beside the file and renaming: it is looked at after this pause. */
const settleMs = 400;

/** A folder of this machine for each edit, owner-only, with the one file in it. */
export function createWorkingCopies(directory: string) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const watchers = new Map<string, { watcher: FSWatcher; timer: NodeJS.Timeout | null }>();
  const folderOf = (id: string): string => join(directory, id);
  const unwatch = (id: string): void => {
    const entry = watchers.get(id);
    if (!entry) return;
    entry.watcher.close();
    if (entry.timer) clearTimeout(entry.timer);
    watchers.delete(id);
  };
  return {
    /** Makes the folder of a new edit. */
    make: (id: string): void => void mkdirSync(folderOf(id), { mode: 0o700 }),
    disk: (id: string): StorageProvider => createLocalProvider(folderOf(id)),
    pathOf: (id: string, name: string): string => join(folderOf(id), name),
    nameOf: (name: string): InnerPath => name as InnerPath,
    /** Changes whenever the file does; null when there is none, as in the middle of a save. */
    stampOf: async (id: string, name: string): Promise<string | null> => {
      const found = await stat(join(folderOf(id), name), { bigint: true }).catch(() => null);
      return found?.isFile() ? `${found.size} ${found.mtimeNs}` : null;
    },
    /** Calls back when something in the folder has changed and settled: the folder, since a rename changes which file it is. */
    watch: (id: string, changed: () => void): void => {
      unwatch(id);
      const entry: { watcher: FSWatcher; timer: NodeJS.Timeout | null } = {
        watcher: watch(folderOf(id), () => {
          if (entry.timer) clearTimeout(entry.timer);
          entry.timer = setTimeout(changed, settleMs);
        }),
        timer: null,
      };
      entry.watcher.on('error', () => unwatch(id));
      watchers.set(id, entry);
    },
    remove: async (id: string): Promise<void> => {
      unwatch(id);
      await rm(folderOf(id), { recursive: true, force: true });
    },
    /** Removes folders of no edit: they were never opened by anything. */
    sweep: (known: ReadonlySet<string>): void => {
      for (const name of existsSync(directory) ? readdirSync(directory) : [])
        if (!known.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
    },
    close: (): void => {
      for (const id of [...watchers.keys()]) unwatch(id);
    },
  };
}

export type WorkingCopies = ReturnType<typeof createWorkingCopies>;
