import { formatAddress } from '#shared/address.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';

/** What a tab of Files shows. */
export type Location =
  | { readonly kind: 'home' }
  | { readonly kind: 'trash' }
  | { readonly kind: 'folder'; readonly vfolder: string; readonly path: string };

export const home: Location = { kind: 'home' };

export type FolderLocation = Extract<Location, { kind: 'folder' }>;

export const folder = (vfolder: string, path: string): FolderLocation => ({ kind: 'folder', vfolder, path });

/** Equal exactly for equal locations. */
export function locationKey(location: Location): string {
  return location.kind === 'folder' ? formatAddress(location.vfolder, location.path) : `<${location.kind}>`;
}

/** The short name on a tab. */
export function locationTitle(location: Location): string {
  switch (location.kind) {
    case 'home':
      return 'All vfolders';
    case 'trash':
      return 'Trash';
    case 'folder':
      return visible(location.path === '' ? location.vfolder : baseName(location.path));
  }
}

/** One level up; null at the top. */
export function parentLocation(location: Location): Location | null {
  if (location.kind === 'home') return null;
  if (location.kind === 'trash' || location.path === '') return home;
  return folder(location.vfolder, parentPath(parseInnerPath(location.path)));
}

/** The inner path of something named `name` in the folder `path`. */
export const childPath = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);

/** Checks what was stored by an earlier window. */
export function isLocation(value: unknown): value is Location {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'home' || value.kind === 'trash') return true;
  return (
    value.kind === 'folder' &&
    'vfolder' in value &&
    typeof value.vfolder === 'string' &&
    'path' in value &&
    typeof value.path === 'string'
  );
}
