import type { StowageError } from '#shared/errors.ts';

/** A list that is fetched whole. `loaded` is false until the first answer; `problem` is the last failure. */
export interface Loadable {
  readonly loaded: boolean;
  readonly problem: StowageError | null;
}

export const notLoaded: Loadable = { loaded: false, problem: null };
