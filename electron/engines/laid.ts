import { posix } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import type { RunRequest } from './engine.ts';

type Laid = Pick<RunRequest, 'links' | 'files' | 'binds' | 'volumes'>;

/** The mount that a path lies in. */
function mountOf(path: string, { binds, volumes }: Laid): { readonly target: string } | undefined {
  const at = posix.resolve('/', path);
  return [...binds, ...volumes].find((other) => {
    const place = posix.resolve('/', other.target);
    return at === place || at.startsWith(place === '/' ? '/' : `${place}/`);
  });
}

/** A link or a file in a mount would be made in the mount's source. @throws `mount-failed` */
export function checkLaid(run: Laid): void {
  for (const { path } of run.files) {
    const mount = mountOf(path, run);
    if (mount === undefined) continue;
    throw new StowageError('mount-failed', `The file “${path}” lies in the mount “${mount.target}”.`, {
      subject: path,
      hint: 'Mount it somewhere else, or run the job without dotfiles.',
    });
  }
  for (const { path, target } of run.links) {
    const mount = mountOf(path, run);
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
