import { describe, expect, it } from 'vitest';
import { sampleConflict as conflict, sampleMount as mount, sampleNode as node, samplePlan as plan } from './plan.fixture.ts';
import { bareReason, countConflicts, describeCount, layOut, stepWords, summarise } from './plan-words.ts';

describe('summarise', () => {
  it('says what has to be copied', () => {
    expect(summarise(plan({}))).toBe('Nothing mounted');
    expect(summarise(plan({ mounts: [mount('/a'), mount('/b')] }))).toBe('2 mounts shared, nothing to copy');
    expect(summarise(plan({ mounts: [mount('/a'), mount('/b', { approach: 'copy' })] }))).toBe('1 mount shared, 1 mount copied');
    expect(summarise(plan({ mounts: [mount('/a', { approach: 'bake' })], links: [{ path: '/l', target: '/a' }] }))).toBe(
      '1 mount baked, 1 link',
    );
  });

  it('counts problems and warnings apart', () => {
    expect(describeCount(countConflicts([conflict([]), conflict([]), conflict([], { severity: 'warning' })]))).toBe(
      '2 problems, 1 warning',
    );
    expect(describeCount({ errors: 0, warnings: 0 })).toBe('');
  });
});

describe('layOut', () => {
  const tree = node('/', 'directory', [
    node('/srv', 'directory', [node('/srv/data', 'directory', [node('/srv/data/a', 'mount'), node('/srv/data/b', 'mount')])]),
  ]);

  it('writes plain folders with a single child together', () => {
    const { root } = layOut(plan({ tree }));
    expect(root.label).toBe('/');
    expect(root.children.map((child) => child.label)).toEqual(['srv/data']);
    expect(root.children[0]?.children.map((child) => child.label)).toEqual(['a', 'b']);
  });

  it('shows a conflict once, at the first place that it concerns', () => {
    const at = conflict(['/srv/data/b', '/srv/data/a']);
    const { root, elsewhere } = layOut(plan({ tree, conflicts: [at, conflict([])] }));
    const [a, b] = root.children[0]?.children ?? [];
    expect([a?.conflicts, b?.conflicts]).toEqual([[], [at]]);
    expect(elsewhere.map((one) => one.message)).toEqual(['nowhere']);
  });

  it('keeps a plain folder apart that has a conflict of its own', () => {
    const { root } = layOut(plan({ tree, conflicts: [conflict(['/srv'])] }));
    expect(root.children.map((child) => child.label)).toEqual(['srv']);
  });
});
it('does not say the approach twice', () => {
  expect(bareReason('Shared: it is on this machine.')).toBe('It is on this machine.');
  expect(bareReason('Copied back: what it writes.')).toBe('Copied back: what it writes.');
});

describe('stepWords', () => {
  const mounts = [mount('/data', { source: 'data:/train', approach: 'copy' })];

  it.each([
    [
      { kind: 'stage', mount: 0, target: '/data', readOnly: true, packed: true, into: 'directory' },
      'Copy data:/train, as one stream',
    ],
    [
      { kind: 'stage', mount: 0, target: '/data', readOnly: false, packed: false, into: 'volume' },
      'Copy data:/train into a volume',
    ],
    [{ kind: 'mount-remote', mount: 0, target: '/data', readOnly: true }, 'Mount data:/train over the network'],
    [{ kind: 'bake', mount: 0, target: '/data' }, 'Bake data:/train into the image'],
    [{ kind: 'bind', source: '/d', target: '/data', readOnly: true }, 'Share /d'],
    [{ kind: 'make-link', path: '/l', target: '/data' }, 'Link'],
  ] as const)('says what %o does', (step, words) => {
    expect(stepWords(step, plan({ mounts })).what).toBe(words);
  });
});

it('shows a conflict of a link at the link', () => {
  const tree = node('/', 'directory', [node('/a', 'directory', [node('/a/l', 'link')])]);
  const at = conflict(['/a/l'], { code: 'link-exists' });
  const { root } = layOut(plan({ tree, links: [{ path: '/a/l', target: '/d' }], conflicts: [at] }));
  expect(root.children.map((child) => [child.label, child.conflicts])).toEqual([['a/l', [at]]]);
});
