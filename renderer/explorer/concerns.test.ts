import { describe, expect, it } from 'vitest';
import { concerns } from './concerns.ts';

describe('a folder that something changed in', () => {
  const shows = (name: string): boolean => ['inner', 'notes.txt'].includes(name);
  it('is read again for a change in it, and for one below a folder that it does not show yet', () => {
    for (const [changed, folder] of [
      ['data', 'data'],
      ['data/new', 'data'],
      ['data/new/deep', 'data'],
      ['new/deep', ''],
    ] as const)
      expect(concerns(changed, folder, shows), changed).toBe(true);
  });
  it('is not read again for what it does not show', () => {
    for (const changed of ['data/inner', 'data/inner/deep', 'database/new', ''])
      expect(concerns(changed, 'data', shows), changed).toBe(false);
  });
});
