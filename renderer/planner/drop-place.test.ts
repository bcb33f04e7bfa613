import { expect, it } from 'vitest';
import { targetIn } from './drop-place.ts';

it('mounts what is dropped on a place below it, by its own name', () => {
  expect(targetIn('/home/work', 'data:/')).toBe('/home/work/data');
  expect(targetIn('/', 'data:/train/2026')).toBe('/2026');
});
