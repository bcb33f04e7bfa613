import { describe, expect, it } from 'vitest';
import type { ContainerNode, Plan } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { probesFor } from './layout.ts';
import { planJob } from './plan-job.ts';
import { type SampleChanges, sampleProcess, sampleRequest, sampleSource } from './sample-request.ts';

const planOf = (changes: SampleChanges): Plan => planJob(sampleRequest(changes));

/** A tree as indented lines. */
function drawn(node: ContainerNode, depth = 0): string[] {
  const mark = node.kind === 'directory' ? '' : node.kind === 'mount' ? ` = ${node.mount}` : ' (workdir)';
  return [`${'  '.repeat(depth)}${node.name}${mark}`, ...node.children.flatMap((child) => drawn(child, depth + 1))];
}

describe('defaults', () => {
  const vfolder = (name: string, changes: { permission?: 'ro' | 'rw'; mountPath?: string } = {}) => ({
    id: `id-${name}`,
    name,
    permission: changes.permission ?? ('rw' as const),
    mountPath: changes.mountPath ?? null,
  });

  it('mounts under the working directory, by name, last part of a subpath, or the mount path of the vfolder', () => {
    const plan = planOf({
      mounts: [
        { facts: sampleSource('a') },
        { facts: sampleSource('b', 'x/y') },
        { facts: sampleSource('c', '', { vfolder: vfolder('c', { mountPath: '/data/c', permission: 'ro' }) }) },
        { facts: sampleSource('d', 'z', { vfolder: vfolder('d', { mountPath: '/data/d' }) }) },
      ],
    });
    expect(plan.mounts.slice(0, 4).map(({ target, mode, request }) => [target, mode, request])).toEqual([
      ['/home/work/a', 'rw', 0],
      ['/home/work/y', 'rw', 1],
      ['/data/c', 'ro', 2],
      ['/home/work/z', 'rw', 3],
    ]);
    expect(plan.conflicts).toEqual([]);
  });

  it('mounts code read-only and starts there, and outputs writable', () => {
    const plan = planOf({ code: sampleSource('src') });
    expect(plan.mounts.map(({ role, target, mode }) => [role, target, mode])).toEqual([
      ['code', '/home/work/code', 'ro'],
      ['output', '/home/work/out', 'rw'],
    ]);
    expect(plan.workdir).toBe('/home/work/code');
    expect(planOf({ code: sampleSource('src'), spec: { code: { source: 'src', mode: 'rw' }, workdir: '/srv' } })).toMatchObject({
      workdir: '/srv',
      mounts: [{ mode: 'rw' }, {}],
    });
  });

  it('mounts automount vfolders unless they are switched off or asked for', () => {
    const automounts = [sampleSource('.cache'), sampleSource('.config')];
    const roles = (plan: Plan) => plan.mounts.filter(({ role }) => role === 'automount').map(({ target }) => target);
    expect(roles(planOf({ automounts }))).toEqual(['/home/work/.cache', '/home/work/.config']);
    expect(roles(planOf({ automounts, spec: { noAutomount: true } }))).toEqual([]);
    expect(roles(planOf({ automounts, spec: { noAutomount: ['.cache'] } }))).toEqual(['/home/work/.config']);
    const asked = planOf({ automounts, mounts: [{ facts: sampleSource('.cache'), mode: 'ro' }] });
    expect(roles(asked)).toEqual(['/home/work/.config']);
    expect(asked.conflicts).toEqual([]);
  });

  it('gives user, home, shared memory and network', () => {
    expect(planOf({ spec: { env: [{ name: 'A', value: '1' }] } })).toMatchObject({
      user: { uid: 1000, gid: 1000 },
      env: [
        { name: 'HOME', value: '/home/work' },
        { name: 'A', value: '1' },
      ],
      resources: { cpus: null, memoryBytes: null, shmBytes: 1024 ** 3 },
      network: true,
    });
    expect(planOf({ spec: { env: [{ name: 'HOME', value: '/tmp' }] } }).env).toEqual([{ name: 'HOME', value: '/tmp' }]);
    expect(planOf({ spec: { user: 'image' } }).user).toBeNull();
    expect(planOf({ engine: sampleProcess }).image).toBeNull();
  });
});

describe('steps', () => {
  it('makes folders on this machine, then in the container, parents first, then mounts', () => {
    const plan = planOf({
      mounts: [
        { facts: sampleSource('a'), target: '/data/x/a' },
        { facts: sampleSource('b'), target: 'deep/b', mode: 'ro' },
      ],
      imagePaths: { '/data': 'missing', '/data/x': 'missing', '/home': 'missing' },
    });
    expect(plan.steps.map((step) => [step.kind, 'path' in step ? step.path : step.target])).toEqual([
      ['make-host-directory', '/home/ada/Stowage/outputs/train'],
      ['make-container-directory', '/data'],
      ['make-container-directory', '/data/x'],
      ['make-container-directory', '/home/work'],
      ['make-container-directory', '/home/work/deep'],
      ['bind', '/data/x/a'],
      ['bind', '/home/work/deep/b'],
      ['bind', '/home/work/out'],
    ]);
    expect(plan.steps.at(-2)).toMatchObject({ source: '/home/ada/Stowage/b', readOnly: true });
  });

  it('makes nothing in the container below a mount', () => {
    const plan = planOf({ mounts: [{ facts: sampleSource('a'), target: '/home/work' }], output: null, spec: { workdir: 'x' } });
    expect(plan.steps.filter((step) => step.kind === 'make-container-directory')).toEqual([]);
  });

  it('opens its folders to all when only the image knows the user', () => {
    const modes = (user: 'self' | 'image') =>
      planOf({ spec: { user } }).steps.flatMap((step) => ('mode' in step ? [step.mode] : []));
    expect(modes('self')).toEqual([0o755]);
    expect(modes('image')).toEqual([0o777]);
  });

  it('leaves folders that the image has to the image', () => {
    const mounts = [{ facts: sampleSource('a'), target: '/opt/a' }];
    const made = planOf({ mounts, imagePaths: { '/opt': 'directory' } }).steps.filter(
      (step) => step.kind === 'make-container-directory',
    );
    expect(made.map((step) => step.path)).toEqual(['/home/work']);
  });
});

it('draws what the container will see, sorted, with the worst at each node', () => {
  const mounts = [
    { facts: sampleSource('z') },
    { facts: sampleSource('a'), target: '/data/a' },
    { facts: sampleSource('b'), target: '/data/a' },
  ];
  const { tree } = planOf({ mounts });
  expect(drawn(tree)).toEqual(['/', '  data', '    a = 1', '  home', '    work (workdir)', '      out = 3', '      z = 0']);
  expect(tree.children[0]?.children[0]).toMatchObject({ path: '/data/a', severity: 'error' });
  expect(tree.children[0]?.severity).toBeNull();
});

it('asks for the paths that the judgement needs: in the image, and inside sources', () => {
  const parent = sampleSource('a');
  const probes = probesFor(
    sampleRequest({
      mounts: [
        { facts: parent, target: '/d' },
        { facts: sampleSource('b'), target: '/d/x/y' },
      ],
      output: null,
    }),
  );
  expect(probes.image).toEqual(['/d', '/home', '/home/work']);
  expect([...probes.inside]).toEqual([[parent, ['x/y']]]);
});

describe('applyFix', () => {
  const { spec } = sampleRequest({
    mounts: [{ facts: sampleSource('a', 'f'), target: '/x', mode: 'rw' }, { facts: sampleSource('b') }],
  });
  const label = '';

  it('changes the one mount and nothing in place', () => {
    const before = structuredClone(spec);
    expect(applyFix(spec, { label, request: 0, change: { kind: 'set-target', target: '/y' } }).mounts[0]?.target).toBe('/y');
    expect(applyFix(spec, { label, request: 0, change: { kind: 'set-mode', mode: 'ro' } }).mounts[0]?.mode).toBe('ro');
    expect(applyFix(spec, { label, request: 0, change: { kind: 'set-source', source: 'c' } }).mounts[0]).toEqual({
      source: 'c',
      target: '/x',
      mode: 'rw',
    });
    const reset = applyFix(spec, { label, request: 0, change: { kind: 'set-source', source: 'c', target: null } });
    expect(reset.mounts[0]).toEqual({ source: 'c', mode: 'rw' });
    expect(applyFix(spec, { label, request: 0, change: { kind: 'remove-mount' } }).mounts).toEqual([{ source: 'b:/' }]);
    expect(spec).toEqual(before);
  });

  it('changes the spec as a whole', () => {
    expect(applyFix(spec, { label, request: null, change: { kind: 'set-engine', engine: 'process' } }).engine).toBe('process');
    expect(applyFix(spec, { label, request: null, change: { kind: 'set-user', user: 'self' } }).user).toBe('self');
  });

  it('leaves the spec alone when the mount is gone', () => {
    expect(applyFix(spec, { label, request: 9, change: { kind: 'remove-mount' } })).toBe(spec);
    expect(applyFix(spec, { label, request: null, change: { kind: 'set-mode', mode: 'ro' } })).toBe(spec);
  });
});
