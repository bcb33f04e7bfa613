import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestorsOf, normalisePath, outputFolderName, resolveTarget, systemPath } from './target.ts';

describe('resolveTarget', () => {
  it.each([
    ['/d', '/d'],
    ['/d/', '/d'],
    ['/x/../d', '/d'],
    ['//d/./e//', '/d/e'],
    ['data', '/home/work/data'],
    ['./data/sub/', '/home/work/data/sub'],
    ['a/../b', '/home/work/b'],
    ['.', '/home/work'],
    ['/', '/'],
  ])('resolves %s to %s', (raw, path) => {
    expect(resolveTarget(raw, '/home/work')).toEqual({ path, problem: null });
  });

  it.each([
    ['', 'is empty', null],
    ['  ', 'is empty', null],
    ['a\0b', 'contains a NUL byte', null],
    ['../data', 'climbs out of the working directory /home/work with “..”', '/home/data'],
    ['../../../etc', 'climbs above “/” with “..”', null],
    ['/../etc', 'climbs above “/” with “..”', '/etc'],
    ['x'.repeat(300), 'has a name of 300 bytes, 255 are allowed', null],
    ['/a'.repeat(101), 'is 101 folders deep, 100 are allowed', null],
  ])('refuses %j', (raw, why, suggestion) => {
    expect(resolveTarget(raw, '/home/work')).toEqual({ path: raw, problem: { why, suggestion } });
  });

  it('resolves against another working directory', () => {
    expect(resolveTarget('data', '/srv').path).toBe('/srv/data');
    expect(resolveTarget('data', '/').path).toBe('/data');
  });

  it('changes nothing when it is applied to its own result', () => {
    const word = fc.constantFrom('a', '..', '.', '', 'data', 'é', ' ', '\\', '__proto__');
    const path = fc.array(word, { maxLength: 12 }).map((words) => words.join('/'));
    fc.assert(
      fc.property(
        fc.oneof(
          path,
          path.map((text) => `/${text}`),
          fc.string(),
        ),
        (raw) => {
          const first = resolveTarget(raw, '/home/work');
          if (first.problem) return;
          expect(resolveTarget(first.path, '/home/work')).toEqual(first);
          expect(normalisePath(first.path)).toEqual({ path: first.path, climbs: false });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('systemPath', () => {
  it.each([
    '/proc',
    '/proc/1',
    '/dev/shm',
    '/sys/fs',
    '/bin',
    '/usr',
    '/usr/local',
    '/lib',
    '/lib64',
    '/etc',
    '/run',
    '/boot',
    '/sbin',
  ])('never gives away %s', (target) => expect(systemPath(target)).toBe('always'));
  it.each(['/etc/app', '/usr/bin', '/usr/share/data', '/usr/local/bin/x', '/lib/x', '/run/x', '/var/run/x'])(
    'knows %s as below',
    (target) => expect(systemPath(target)).toBe('below'),
  );
  it.each([
    '/data',
    '/library',
    '/usr/src/app',
    '/usr/local/data',
    '/home/work',
    '/opt',
    '/binary',
    '/var',
    '/var/runner',
    '/etcetera',
  ])('leaves %s', (target) => expect(systemPath(target)).toBeNull());
});

it('lists the folders above a path from the top', () => {
  expect(ancestorsOf('/a/b/c')).toEqual(['/a', '/a/b']);
  expect(ancestorsOf('/a')).toEqual([]);
  expect(ancestorsOf('/')).toEqual([]);
});

it('makes one harmless segment of any job name', () => {
  expect(outputFolderName('train')).toBe('train');
  expect(outputFolderName('../../etc')).toBe('-..-etc');
  expect(outputFolderName('...')).toBe('job');
  fc.assert(
    fc.property(fc.string(), (name) => {
      const folder = outputFolderName(name);
      expect(folder).not.toMatch(/[/\0]/);
      expect(['', '.', '..']).not.toContain(folder);
    }),
  );
});
