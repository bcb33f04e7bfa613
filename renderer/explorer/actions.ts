import { formatAddress } from '#shared/address.ts';
import type { Entry } from '#shared/contract/files.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';
import { client, desktop } from '../app/client.ts';
import { goLaunch } from '../app/navigation.ts';
import { startTransfer } from '../transfers/start.ts';
import { plural } from '../ui/format.ts';
import { reportError, showToast, showUndo } from '../ui/toasts.tsx';
import { followFolder } from './favourites.ts';
import { childPath, folder } from './location.ts';
import { followRename, navigate } from './tabs.ts';

const named = (entries: readonly Pick<Entry, 'name'>[]): string =>
  entries.length === 1 ? `“${visible(entries[0]?.name ?? '')}”` : plural(entries.length, 'item');

/** Makes “New folder” (or the next free name) and gives its name, to be renamed at once. */
export async function makeFolder(vfolder: string, path: string, isThere: (name: string) => boolean): Promise<string | null> {
  let name = 'New folder';
  for (let number = 2; isThere(name); number += 1) name = `New folder ${number}`;
  try {
    await client.files.makeDirectory({ vfolder, path: childPath(path, name) });
    return name;
  } catch (error) {
    reportError(error, 'The folder could not be made.');
    return null;
  }
}

/** Gives the new name when it worked. */
export async function renameEntry(vfolder: string, path: string, entry: Entry, to: string): Promise<string | null> {
  try {
    const { name } = await client.files.rename({ vfolder, path: entry.path, to: childPath(path, to) });
    const renamed = childPath(path, name);
    followFolder(vfolder, entry.path, renamed);
    showUndo(`Renamed “${visible(entry.name)}” to “${visible(name)}”`, async () => {
      await client.files.rename({ vfolder, path: renamed, to: entry.path });
      followFolder(vfolder, renamed, entry.path);
    });
    return name;
  } catch (error) {
    reportError(error, `“${visible(entry.name)}” was not renamed.`);
    return null;
  }
}

export async function trashEntries(vfolder: string, entries: readonly Entry[]): Promise<void> {
  try {
    const trashed = await client.files.trash({ vfolder, paths: entries.map((entry) => entry.path) });
    const ids = trashed.map((one) => one.id);
    showUndo(`Moved ${named(entries)} to the trash`, () => client.files.restore({ ids }));
  } catch (error) {
    reportError(error, `${named(entries)} could not be moved to the trash.`);
  }
}

/** Browser: the browser's own download. Electron: a chosen folder, by a transfer. */
export async function download(vfolder: string, entries: readonly Pick<Entry, 'path' | 'name'>[]): Promise<void> {
  const paths = entries.map((entry) => entry.path);
  try {
    if (desktop) {
      const chosen = await desktop.chooseFolder({ title: `Download ${named(entries)} to` });
      if (chosen === null) return;
      const sources = paths.map((path) => ({ kind: 'vfolder' as const, vfolder, path }));
      await startTransfer({ sources, destination: { kind: 'local', path: chosen } });
      return;
    }
    const { url, filename } = await client.files.downloadTicket({ vfolder, paths });
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = filename;
    anchor.hidden = true;
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    showToast({ intent: 'info', title: `Downloading “${filename}”` });
  } catch (error) {
    reportError(error, `${named(entries)} could not be downloaded.`);
  }
}

export async function copyAddress(vfolder: string, path: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(formatAddress(vfolder, path));
    showToast({ intent: 'info', title: 'Address copied' });
  } catch (error) {
    reportError(error, 'The address could not be copied.');
  }
}

/** Begins a job that mounts the folder. */
export const launchWith = (vfolder: string, path: string): void =>
  goLaunch({ mounts: [{ source: formatAddress(vfolder, path) }] });

export async function deleteVfolder(vfolder: Vfolder): Promise<void> {
  try {
    const { id } = await client.vfolders.delete({ name: vfolder.name });
    followRename(vfolder.name, null);
    showUndo(`Moved vfolder “${vfolder.name}” to the trash`, async () => {
      await client.vfolders.restore({ id });
      navigate(folder(vfolder.name, ''));
    });
  } catch (error) {
    reportError(error, `“${vfolder.name}” could not be moved to the trash.`);
  }
}

export async function restoreVfolder(vfolder: Vfolder): Promise<void> {
  try {
    await client.vfolders.restore({ id: vfolder.id });
    showToast({
      intent: 'success',
      title: `Restored vfolder “${vfolder.name}”`,
      action: { label: 'Open', run: () => navigate(folder(vfolder.name, '')) },
    });
  } catch (error) {
    reportError(error, `“${vfolder.name}” could not be restored.`);
  }
}
