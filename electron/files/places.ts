import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { ResolvedPlace } from '../services.ts';

/** @throws `read-only` */
export function writable(place: ResolvedPlace): ResolvedPlace {
  if (place.vfolder.permission === 'rw') return place;
  throw new StowageError('read-only', `The vfolder “${place.vfolder.name}” is read-only.`, {
    subject: place.vfolder.name,
    hint: 'Set its permission to read and write first.',
  });
}

/** @throws `bad-request` for the vfolder itself, which is changed as a vfolder */
export function notTheVfolder(place: ResolvedPlace): ResolvedPlace {
  if (place.inner !== '') return place;
  throw new StowageError('bad-request', `“${visible(place.vfolder.name)}” is a vfolder, not a file or folder in one.`, {
    subject: place.vfolder.name,
  });
}
