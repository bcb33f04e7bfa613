import { describe, expect, it } from 'vitest';
import {
  type Favourite,
  followed,
  isFavourites,
  mostFavourites,
  putBefore,
  shownFavourites,
  stepped,
  toggled,
} from './favourite-steps.ts';

const star = (id: string, path = ''): Favourite => ({ id, name: `n-${id}`, path });
const [a, b, c] = [star('a'), star('b', 'x/y'), star('c')] as const;

describe('favourites', () => {
  it('are added at the end, taken away, and bounded', () => {
    expect(toggled([a], b)).toEqual([a, b]);
    expect(toggled([a, b], { ...a, name: 'another name by now' })).toEqual([b]);
    const many = Array.from({ length: mostFavourites }, (_, index) => star(`m${index}`));
    expect(toggled(many, a)).toEqual(many);
    expect(toggled([a], star('long', 'x'.repeat(30_000)))).toEqual([a]);
  });

  it('are put in another order', () => {
    expect(stepped([a, b, c], c, -1)).toEqual([a, c, b]);
    expect(stepped([a, b, c], c, 1)).toEqual([a, b, c]);
    expect(putBefore([a, b, c], c, a)).toEqual([c, a, b]);
    expect(putBefore([a, b, c], a, null)).toEqual([b, c, a]);
    expect(putBefore([a, b, c], a, a)).toEqual([a, b, c]);
  });

  it('follow a renamed folder with what is below it, and a renamed vfolder by its id', () => {
    expect(followed([a, b, star('b', 'xy')], 'b', 'x', 'z')).toEqual([a, star('b', 'z/y'), star('b', 'xy')]);
    expect(shownFavourites([a, b], [{ id: 'b', name: 'renamed' }])).toEqual([
      { favourite: a, vfolder: 'n-a', label: 'n-a', missing: true },
      { favourite: b, vfolder: 'renamed', label: 'y', missing: false },
    ]);
  });

  it('are taken from the settings only when they are whole', () => {
    expect(isFavourites([a, b])).toBe(true);
    for (const bad of [null, {}, [null], [{ id: 'a' }], [{ ...a, path: 3 }]]) expect(isFavourites(bad)).toBe(false);
  });
});
