import { posix } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import type { RunRequest } from './engine.ts';

/** A link in a mount would be made in the mount's source. @throws `mount-failed` */
export function checkLinks({ links, binds, volumes }: Pick<RunRequest, 'links' | 'binds' | 'volumes'>): void {
  for (const { path, target } of links) {
    const at = posix.resolve('/', path);
    const mount = [...binds, ...volumes].find((other) => {
      const place = posix.resolve('/', other.target);
      return at === place || at.startsWith(place === '/' ? '/' : `${place}/`);
    });
    if (mount === undefined) continue;
    throw new StowageError('mount-failed', `The link “${path}” → “${target}” lies in the mount “${mount.target}”.`, {
      subject: path,
      hint: 'Choose a place for the link outside of all mounts.',
    });
  }
}

/** @throws `mount-failed` */
export function linkPlaceTaken(path: string): StowageError {
  return new StowageError('mount-failed', `The link “${path}” cannot be made: something is there already.`, {
    subject: path,
    hint: 'Choose another place for the link.',
  });
}
