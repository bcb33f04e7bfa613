import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortName, slug, uniqueName } from './name.ts';

test('is short for what runs', () => {
  expect(shortName({ image: 'ghcr.io:5000/x/pytorch:2.1', command: [] })).toBe('pytorch');
  expect(shortName({ image: 'python@sha256:00ff', command: ['x'] })).toBe('python');
  expect(shortName({ command: ['/usr/bin/wc', '-l'] })).toBe('wc');
  expect(shortName({ command: [] })).toBe('job');
});

test('a folder name is always one plain segment', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(slug(name)).toMatch(/^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,58}[A-Za-z0-9_])?$/);
    }),
  );
});

test('default names carry the number, wished names are counted up', async () => {
  const free = () => false;
  expect(await uniqueName({ image: 'python:3', command: [] }, 12, free)).toEqual({ name: 'python-12', folder: 'python-12' });
  const used = new Set(['my run', 'my-run-2']);
  const taken = (name: string, folder: string): boolean => used.has(name) || used.has(folder);
  expect(await uniqueName({ name: 'my run', command: [] }, 1, taken)).toEqual({ name: 'my run-3', folder: 'my-run-3' });
});
