import { create } from 'zustand';
import { onChange } from '../app/changes.ts';
import { client, fromContract } from '../app/client.ts';
import { parseLayout } from '../app/stores/carried-layout.ts';
import { useSettings } from '../app/stores/settings.ts';
import { findVfolder, useVfolders } from '../app/stores/vfolders.ts';
import { remember, useRemembered } from '../ui/remembered.ts';
import { showToast } from '../ui/toasts.tsx';
import {
  type Favourite,
  favouriteKey,
  followed,
  isFavourites,
  type ShownFavourite,
  same,
  shownFavourites,
  toggled,
} from './favourite-steps.ts';
import type { FolderLocation } from './location.ts';
import { locationTitle } from './location.ts';

const key = 'files.favourites';
const none: readonly Favourite[] = [];

export function readFavourites(): readonly Favourite[] {
  const stored = parseLayout(useSettings.getState().settings.layout)[key];
  return isFavourites(stored) ? stored : none;
}

export const changeFavourites = (step: (favourites: readonly Favourite[]) => readonly Favourite[]): void =>
  remember(key, step(readFavourites()));

/** Folders that were looked for and are not there, by key. */
const useGone = create<{ readonly keys: ReadonlySet<string> }>()(() => ({ keys: new Set() }));

/** The favourites in their order, as they are called now. */
export function useFavourites(): readonly ShownFavourite[] {
  const [favourites] = useRemembered(key, none, isFavourites);
  const vfolders = useVfolders((state) => state.vfolders);
  const gone = useGone((state) => state.keys);
  return shownFavourites(favourites, vfolders).map((shown) =>
    gone.has(favouriteKey(shown.favourite)) ? { ...shown, missing: true } : shown,
  );
}

function favouriteOf({ vfolder, path }: FolderLocation): Favourite | null {
  const found = findVfolder(vfolder);
  return found ? { id: found.id, name: found.name, path } : null;
}

export const isFavourite = (location: FolderLocation): boolean => {
  const wanted = favouriteOf(location);
  return wanted !== null && readFavourites().some((one) => same(one, wanted));
};

/** Stars a folder or takes its star away, and says so. */
export function toggleFavourite(location: FolderLocation): void {
  const favourite = favouriteOf(location);
  if (!favourite) return;
  const was = isFavourite(location);
  changeFavourites((favourites) => toggled(favourites, favourite));
  if (!was && !isFavourite(location)) {
    showToast({ intent: 'warning', title: 'No more favourites can be kept', body: 'Take the star from another one first.' });
    return;
  }
  showToast({
    intent: 'info',
    title: `“${locationTitle(location)}” ${was ? 'is no favourite any more' : 'is among the favourites now'}`,
  });
}

/** A folder was renamed here: its star goes with it. */
export function followFolder(vfolder: string, from: string, to: string): void {
  const found = findVfolder(vfolder);
  if (found) changeFavourites((favourites) => followed(favourites, found.id, from, to));
}

/** Looks which starred folders are there. What cannot be reached is not taken for gone. */
export async function lookForFavourites(): Promise<void> {
  const keys = new Set<string>();
  const { vfolders } = useVfolders.getState();
  for (const { favourite, vfolder, missing } of shownFavourites(readFavourites(), vfolders)) {
    if (missing || favourite.path === '') continue;
    try {
      const { kind } = await client.files.stat({ vfolder, path: favourite.path });
      if (kind !== 'directory') keys.add(favouriteKey(favourite));
    } catch (error) {
      const { code } = fromContract(error);
      if (code === 'not-found' || code === 'not-a-directory') keys.add(favouriteKey(favourite));
    }
  }
  useGone.setState({ keys });
}

/** Changes come in bursts; the favourites are looked for after this pause. */
const pauseMs = 500;
let timer: ReturnType<typeof setTimeout> | undefined;

export function lookSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void lookForFavourites(), pauseMs);
}

/** Whether a starred folder may have come or gone: something changed in the folder where it is, or above. */
const concerns = (changed: string, path: string): boolean => {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return path !== '' && (changed === '' || parent === changed || parent.startsWith(`${changed}/`));
};

onChange((change) => {
  if (change.type === 'vfolders') lookSoon();
  if (change.type !== 'files') return;
  const id = findVfolder(change.vfolder)?.id;
  if (readFavourites().some((one) => one.id === id && concerns(change.path, one.path))) lookSoon();
});
