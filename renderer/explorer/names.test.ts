import { describe, expect, it } from 'vitest';
import { nameFilter } from './names.ts';

describe('the filter', () => {
  it.each([
    ['', 'anything', true],
    ['TRAIN', 'my-train.csv', true],
    ['*.csv', 'a.csv', true],
    ['*.csv', 'a.csv.gz', false],
    ['img?.png', 'img1.png', true],
    ['img?.png', 'img10.png', false],
    ['a(b', 'xa(by', true],
    ['*.[x]', 'f.[x]', true],
    ['**********a', 'b'.repeat(200), false],
  ])('“%s” on “%s” is %s', (filter, name, passes) => expect(nameFilter(filter)(name)).toBe(passes));
});
