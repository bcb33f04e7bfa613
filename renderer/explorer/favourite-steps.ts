import type { Vfolder } from '#shared/contract/vfolders.ts';
import { baseName, isWithin } from '#shared/paths.ts';

/** A starred folder. The vfolder's id outlives its name, so a renamed one is followed whoever renamed it. */
export interface Favourite {
  readonly id: string;
  /** What the vfolder was called when it was last seen, for one that is gone. */
  readonly name: string;
  /** Inner path; '' is the vfolder itself. */
  readonly path: string;
}

/** More than these are no favourites any more; the settings that hold them are bounded too. */
export const mostFavourites = 100;

export const favouriteKey = ({ id, path }: Pick<Favourite, 'id' | 'path'>): string => `${id}:/${path}`;

export const same = (a: Pick<Favourite, 'id' | 'path'>, b: Pick<Favourite, 'id' | 'path'>): boolean =>
  favouriteKey(a) === favouriteKey(b);

/** Checks what an earlier window stored. */
export const isFavourites = (value: unknown): value is readonly Favourite[] =>
  Array.isArray(value) &&
  value.every(
    (one: unknown) =>
      typeof one === 'object' &&
      one !== null &&
      (['id', 'name', 'path'] as const).every((key) => key in one && typeof (one as Record<string, unknown>)[key] === 'string'),
  );

/** Characters that they may take of the settings, which hold other things too. */
const mostText = 24_000;

/** Adds it at the end while there is room, or takes it away when it is there. */
export function toggled(favourites: readonly Favourite[], favourite: Favourite): Favourite[] {
  const others = favourites.filter((one) => !same(one, favourite));
  if (others.length < favourites.length) return others;
  const more = [...others, favourite];
  return more.length > mostFavourites || JSON.stringify(more).length > mostText ? others : more;
}

/** Moves one by a step, as far as the ends. */
export function stepped(favourites: readonly Favourite[], favourite: Favourite, by: -1 | 1): Favourite[] {
  const at = favourites.findIndex((one) => same(one, favourite));
  const to = at + by;
  if (at < 0 || to < 0 || to >= favourites.length) return [...favourites];
  return favourites.toSpliced(at, 1).toSpliced(to, 0, favourite);
}

/** Puts one before another; null: last. */
export function putBefore(favourites: readonly Favourite[], favourite: Favourite, before: Favourite | null): Favourite[] {
  if (before && same(favourite, before)) return [...favourites];
  const others = favourites.filter((one) => !same(one, favourite));
  const at = before ? others.findIndex((one) => same(one, before)) : others.length;
  return others.toSpliced(at < 0 ? others.length : at, 0, favourite);
}

/** Follows a folder of a vfolder that was renamed, and what is below it. */
export const followed = (favourites: readonly Favourite[], id: string, from: string, to: string): Favourite[] =>
  favourites.map((one) =>
    one.id === id && from !== '' && isWithin(one.path, from) ? { ...one, path: to + one.path.slice(from.length) } : one,
  );

export interface ShownFavourite {
  readonly favourite: Favourite;
  readonly label: string;
  /** The vfolder's name now. */
  readonly vfolder: string;
  /** The vfolder is gone or in the trash. */
  readonly missing: boolean;
}

/** The favourites as they are called now. */
export const shownFavourites = (
  favourites: readonly Favourite[],
  vfolders: readonly Pick<Vfolder, 'id' | 'name'>[],
): ShownFavourite[] =>
  favourites.map((favourite) => {
    const live = vfolders.find(({ id }) => id === favourite.id);
    const vfolder = live?.name ?? favourite.name;
    return { favourite, vfolder, label: favourite.path === '' ? vfolder : baseName(favourite.path), missing: !live };
  });
