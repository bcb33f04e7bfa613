import { parseAddress } from '#shared/address.ts';

/** On elements that take a drop: the place in the container that they stand for. */
export const dropAttribute = 'data-drop-path';

/** The place of the container under the pointer; null beside all of them. */
export const dropPlaceOf = (target: EventTarget): string | null =>
  target instanceof Element ? (target.closest(`[${dropAttribute}]`)?.getAttribute(dropAttribute) ?? null) : null;

/** Where something dropped on a place of the container is mounted: below it by its own name. */
export function targetIn(folder: string, address: string): string {
  const { vfolder, path } = parseAddress(address);
  const name = path === '' ? vfolder : path.slice(path.lastIndexOf('/') + 1);
  return `${folder === '/' ? '' : folder}/${name}`;
}
