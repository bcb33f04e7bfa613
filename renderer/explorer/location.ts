import { formatAddress } from '#shared/address.ts';
import { baseName, parentPath, parseInnerPath, visible } from '#shared/paths.ts';

/** What a tab of Files shows. */
export type Location =
  | { readonly kind: 'home' }
  | { readonly kind: 'trash' }
  | {
      readonly kind: 'hosts';
      /** Id of the host that was asked for. */
      readonly host: string | null;
    }
  | { readonly kind: 'folder'; readonly vfolder: string; readonly path: string };

export const home: Location = { kind: 'home' };

export const hostsLocation = (host: string | null = null): Location => ({ kind: 'hosts', host });

export type FolderLocation = Extract<Location, { kind: 'folder' }>;

export const folder = (vfolder: string, path: string): FolderLocation => ({ kind: 'folder', vfolder, path });

/** Equal exactly for equal locations. */
export function locationKey(location: Location): string {
  if (location.kind === 'folder') return formatAddress(location.vfolder, location.path);
  return location.kind === 'hosts' ? `<hosts ${location.host ?? ''}>` : `<${location.kind}>`;
}

/** The short name on a tab. */
export function locationTitle(location: Location): string {
  switch (location.kind) {
    case 'home':
      return 'All vfolders';
    case 'trash':
      return 'Trash';
    case 'hosts':
      return 'Storage hosts';
    case 'folder':
      return visible(location.path === '' ? location.vfolder : baseName(location.path));
  }
}

/** One level up; null at the top. */
export function parentLocation(location: Location): Location | null {
  if (location.kind === 'home') return null;
  if (location.kind !== 'folder' || location.path === '') return home;
  return folder(location.vfolder, parentPath(parseInnerPath(location.path)));
}

/** The inner path of something named `name` in the folder `path`. */
export const childPath = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);

/** Checks what was stored by an earlier window. */
export function isLocation(value: unknown): value is Location {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'home' || value.kind === 'trash') return true;
  if (value.kind === 'hosts') return 'host' in value && (value.host === null || typeof value.host === 'string');
  return (
    value.kind === 'folder' &&
    'vfolder' in value &&
    typeof value.vfolder === 'string' &&
    'path' in value &&
    typeof value.path === 'string'
  );
}
