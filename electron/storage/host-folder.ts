import { hash } from 'node:crypto';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { hasContainers, type StorageProvider } from './provider.ts';

/** Stowage's own folder, at the top of a host or of a container: listings leave it out. */
export const hostFolder = '.stowage';

/** Where copies of the small files of a vfolder lie, by the folder of the host that the vfolder is; see cache/pack.ts. */
export function packsFolder(provider: StorageProvider, root: InnerPath): InnerPath {
  const [container = ''] = root.split('/');
  const top = parseInnerPath(hasContainers(provider) ? container : '');
  return joinPath(top, `${hostFolder}/packs/${shortHash(root)}`);
}

/** A name for a path, whatever its length. */
export const shortHash = (path: string): string => hash('sha256', path).slice(0, 32);
