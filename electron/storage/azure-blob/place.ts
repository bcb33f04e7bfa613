import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { listedNameProblem } from '../remote/listed-names.ts';
import { checkBlobName, checkContainerName, encodePath, isContainerName } from './names.ts';
import type { AzureSettings } from './service.ts';

/** Where a path of the host lies at Azure. `blob` is `''` for a container itself, and ends in no `/`. */
export interface Place {
  readonly container: string;
  readonly blob: string;
  /** Where else it may lie, when others wrote it without the encoding of names; null where that is the same. */
  readonly rawBlob: string | null;
}

export interface Places {
  /** The whole account is the host, and this path is its root. */
  isAccount(path: InnerPath): boolean;
  /** @throws `not-found` when no container can have the name */
  find(path: InnerPath): Place;
  /** As `find`, for what is to be made. @throws `name-invalid`, `unsupported` for a file beside containers */
  make(path: InnerPath, kind: 'file' | 'folder'): Place;
  /** What stands before the names of everything in the host, with its `/`, or `''`. */
  readonly prefix: string;
}

const climbs = (path: string): StowageError =>
  new StowageError('path-refused', `“${visible(path)}” is refused: it climbs out of its folder.`, { subject: path });

/** The root is an account, a container, or a folder (prefix) in one. */
export function createPlaces(settings: AzureSettings): Places {
  const folder = settings.prefix.split('/').filter((segment) => segment !== '');
  if (folder.some((segment) => segment === '.' || segment === '..')) {
    throw climbs(settings.prefix);
  }
  const prefix = folder.length === 0 ? '' : `${encodePath(folder.join('/'))}/`;
  const inside = (container: string, path: string): Place => {
    if (path.split('/').some((segment) => segment === '.' || segment === '..')) throw climbs(path);
    const encoded = encodePath(path);
    const at = (name: string): string => (path === '' ? prefix.slice(0, -1) : prefix + name);
    // A name that climbs for a service that takes both slashes for one is never sent as it is.
    const raw = encoded !== path && path.split('/').every((segment) => listedNameProblem(segment) === null);
    return { container, blob: at(encoded), rawBlob: raw ? at(path) : null };
  };
  const split = (path: InnerPath): { container: string; rest: string } => {
    if (settings.container !== null) return { container: settings.container, rest: path };
    const cut = path.indexOf('/');
    return cut < 0 ? { container: path, rest: '' } : { container: path.slice(0, cut), rest: path.slice(cut + 1) };
  };
  return {
    prefix,
    isAccount: (path) => settings.container === null && path === '',
    find: (path) => {
      const { container, rest } = split(path);
      if (settings.container === null && !isContainerName(container)) {
        throw new StowageError('not-found', `“${visible(path)}” does not exist.`, { subject: path });
      }
      return inside(container, rest);
    },
    make: (path, kind) => {
      const { container, rest } = split(path);
      if (kind === 'file' && rest === '') {
        if (settings.container !== null)
          throw new StowageError('is-a-directory', 'The storage host itself is a folder.', { subject: path });
        throw new StowageError('unsupported', `“${visible(path)}” cannot be written: an account holds only containers.`, {
          subject: path,
          hint: 'Write it into a folder of the host.',
        });
      }
      if (settings.container === null) checkContainerName(container);
      const place = inside(container, rest);
      checkBlobName(path, place.blob);
      return place;
    },
  };
}
