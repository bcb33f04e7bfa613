import { parseAddress } from '#shared/address.ts';

/** A vfolder or folder being dragged inside the app; the data is its address as text. */
export const vfolderDragType = 'application/x-stowage-vfolder';

/** Whether what is dragged may be an address; its text can be read only when it is dropped. */
export const isAddressDrag = (data: DataTransfer): boolean =>
  data.types.includes(vfolderDragType) || (data.types.includes('text/plain') && !data.types.includes('Files'));

/** The address that was dropped; null for anything else. */
export function draggedAddress(data: DataTransfer): string | null {
  const own = data.getData(vfolderDragType).trim();
  if (own) return own.split('\n')[0] ?? null;
  const text = data.getData('text/plain').trim();
  if (!text.includes(':/')) return null;
  try {
    parseAddress(text);
    return text;
  } catch {
    return null;
  }
}

export function startVfolderDrag(data: DataTransfer, address: string): void {
  data.setData(vfolderDragType, address);
  data.setData('text/plain', address);
  data.effectAllowed = 'copyLink';
}
