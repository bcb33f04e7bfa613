import { create } from 'zustand';
import type { Entry } from '#shared/contract/files.ts';
import { onChange } from '../app/changes.ts';
import { client } from '../app/client.ts';
import { type FolderLocation, folder, locationKey } from './location.ts';
import { compareNames } from './names.ts';

/** Which folders of the tree are open, by location key. */
export const useExpanded = create<{ readonly keys: ReadonlySet<string> }>()(() => ({ keys: new Set() }));

/** Subfolders of open folders, by location key. */
export const useChildren = create<{ readonly byKey: Readonly<Record<string, readonly Entry[]>> }>()(() => ({ byKey: {} }));

/** A tree is for finding the way; folders beyond these are found in the table. */
const mostChildren = 500;

export const toggleExpanded = (key: string): void =>
  useExpanded.setState(({ keys }) => {
    const next = new Set(keys);
    if (!next.delete(key)) next.add(key);
    return { keys: next };
  });

export async function loadChildren(location: FolderLocation): Promise<void> {
  const abort = new AbortController();
  const found: Entry[] = [];
  try {
    const pages = await client.files.list({ vfolder: location.vfolder, path: location.path }, { signal: abort.signal });
    for await (const { entries } of pages) {
      for (const entry of entries) if (entry.kind === 'directory' && found.length < mostChildren) found.push(entry);
      if (found.length >= mostChildren) break;
    }
  } catch {
    // The table of the same folder tells what is wrong with it.
  } finally {
    abort.abort();
  }
  const children = found.sort((a, b) => compareNames(a.name, b.name));
  useChildren.setState(({ byKey }) => ({ byKey: { ...byKey, [locationKey(location)]: children } }));
}

const soon = new Map<string, ReturnType<typeof setTimeout>>();

onChange((change) => {
  if (change.type !== 'files') return;
  const location = folder(change.vfolder, change.path);
  const key = locationKey(location);
  if (!useExpanded.getState().keys.has(key) || soon.has(key)) return;
  soon.set(
    key,
    setTimeout(() => {
      soon.delete(key);
      void loadChildren(location);
    }, 400),
  );
});
