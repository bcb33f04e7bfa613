import { formatAddress, parseAddress } from '#shared/address.ts';
import type { Clipboard } from '../explorer/clipboard.ts';
import { carriesEntries, entriesType } from '../explorer/drag-types.ts';

/** A vfolder or folder being dragged inside the app; the data is its address as text. */
export const vfolderDragType = 'application/x-stowage-vfolder';

/** Whether something of the app that can be mounted is being dragged. */
export const carriesMountable = (data: DataTransfer): boolean => data.types.includes(vfolderDragType) || carriesEntries(data);

/** Whether what is dragged may be an address; its text can be read only when it is dropped. */
export const isAddressDrag = (data: DataTransfer): boolean =>
  carriesMountable(data) || (data.types.includes('text/plain') && !data.types.includes('Files'));

/** What the source of the drag allows: files and folders of the explorer are offered for copying and moving only. */
export const dropEffectOf = (data: DataTransfer): 'link' | 'copy' => (data.types.includes(vfolderDragType) ? 'link' : 'copy');

/** The addresses that were dropped; none for anything else. */
export function draggedAddresses(data: DataTransfer): string[] {
  const own = data.getData(vfolderDragType).trim();
  if (own) return own.split('\n');
  const entries = data.getData(entriesType);
  if (entries) {
    const { vfolder, paths } = JSON.parse(entries) as Clipboard;
    return paths.map((path) => formatAddress(vfolder, path));
  }
  const text = data.getData('text/plain').trim();
  if (!text.includes(':/')) return [];
  try {
    parseAddress(text);
    return [text];
  } catch {
    return [];
  }
}

export function startVfolderDrag(data: DataTransfer, address: string): void {
  data.setData(vfolderDragType, address);
  data.setData('text/plain', address);
  data.effectAllowed = 'copyLink';
}
