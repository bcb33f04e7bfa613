import { expect, it } from 'vitest';
import { nameProblem, suggestName } from './vfolder-name.ts';

it.each([
  ['My Training Data', 'My-Training-Data'],
  ['Übung 1', 'Ubung-1'],
  ['../../etc', 'etc'],
  ['.hidden', 'hidden'],
  ['数据', 'data'],
  ['con', 'con-data'],
  ['home', 'home-data'],
])('makes a valid name of “%s”', (folderName, name) => {
  expect(suggestName(folderName)).toBe(name);
  expect(nameProblem(name, [])).toBeNull();
});

it('goes on counting past taken names, in any case', () => {
  expect(suggestName('data', ['Data', 'data-2'])).toBe('data-3');
});

it('keeps within 64 characters', () => {
  const long = 'x'.repeat(300);
  expect(suggestName(long, [suggestName(long)]).length).toBeLessThanOrEqual(64);
});
