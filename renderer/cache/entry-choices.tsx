import { BroomRegular, CloudArrowDownRegular, PinOffRegular, PinRegular } from '@fluentui/react-icons';
import { isWithin } from '#shared/paths.ts';
import { useCache } from '../app/stores/cache.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import type { MenuChoice } from '../ui/context-menu.tsx';
import { freeCopies, pinInCache } from './acts.ts';
import { loadAhead } from './loads.ts';

/** Its files are somewhere else, so the cache can have copies of them. */
export const isRemote = (name: string): boolean =>
  useVfolders.getState().vfolders.some((vfolder) => vfolder.name === name && vfolder.localPath === null);

/** What can be done with the copies on this machine of files and folders that are somewhere else; nothing for local ones. */
export function cacheChoices(vfolder: string, paths: readonly string[]): Array<MenuChoice | 'divider'> {
  if (!isRemote(vfolder)) return [];
  const pins = useCache.getState().status?.vfolders.find((one) => one.vfolder === vfolder)?.pinned ?? [];
  const pinned = paths.every((path) => pins.includes(path));
  // Kept with a folder around it, it is let go there.
  const covered = !pinned && paths.every((path) => pins.some((pin) => isWithin(path, pin)));
  return [
    'divider',
    { label: 'Load into cache', icon: <CloudArrowDownRegular />, run: () => void loadAhead(vfolder, paths) },
    pinned
      ? { label: 'No longer keep in cache', icon: <PinOffRegular />, run: () => void pinInCache(vfolder, paths, false) }
      : { label: 'Keep in cache', icon: <PinRegular />, disabled: covered, run: () => void pinInCache(vfolder, paths, true) },
    {
      label: paths.length === 1 ? 'Free cached copy' : 'Free cached copies',
      icon: <BroomRegular />,
      run: () => void freeCopies({ vfolder, paths }),
    },
  ];
}
