import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { ConflictCode, ContainerNode, LinkRequest, Plan, PlanConflict } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { probesFor } from './layout.ts';
import { linkScript } from './link-script.ts';
import { planJob } from './plan-job.ts';
import { type SampleChanges, sampleImage, sampleProcess, sampleRequest, sampleSource } from './sample-request.ts';
import type { ImagePathKind } from './types.ts';

const link = (path: string, target = '/home/work/a'): LinkRequest => ({ path, target });
/** `a` at `/home/work/a`, no output, and an image that has nothing at the places asked about but what is named. */
const requestOf = (links: readonly LinkRequest[], changes: SampleChanges & { there?: Record<string, ImagePathKind> } = {}) => {
  const { there = {}, ...rest } = changes;
  const draft = sampleRequest({
    mounts: [{ facts: sampleSource('a') }],
    output: null,
    ...rest,
    spec: { ...rest.spec, links: [...links] },
  });
  const paths = Object.fromEntries(probesFor(draft).image.map((path) => [path, there[path] ?? 'missing'] as const));
  return { ...draft, image: changes.image ?? { ...sampleImage, paths } };
};
const planOf = (...args: Parameters<typeof requestOf>): Plan => planJob(requestOf(...args));
const codes = (plan: Plan): ConflictCode[] => plan.conflicts.map((conflict) => conflict.code);
const only = (plan: Plan): PlanConflict => {
  expect(codes(plan)).toHaveLength(1);
  return plan.conflicts[0] as PlanConflict;
};
const laid = (plan: Plan) => plan.steps.flatMap((step) => (step.kind === 'make-link' ? [[step.path, step.target]] : []));
const nodesOf = (node: ContainerNode): ContainerNode[] => [node, ...node.children.flatMap(nodesOf)];
const linkNodes = (plan: Plan) => nodesOf(plan.tree).flatMap((node) => (node.kind === 'link' ? [[node.path, node.link]] : []));

describe('what links are for', () => {
  it('gathers several sources under one parent, which is made', () => {
    const mounts = ['a', 'b'].map((name) => ({ facts: sampleSource(name), target: `/data/${name}` }));
    const plan = planOf([link('/srv/all/a', '/data/a'), link('/srv/all/b', '/data/b')], {
      mounts,
      there: { '/srv': 'directory' },
    });
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(laid(plan)).toEqual([
      ['/srv/all/a', '/data/a'],
      ['/srv/all/b', '/data/b'],
    ]);
    expect(plan.steps.map((step) => step.kind)).toEqual([
      ...['make-container-directory', 'make-container-directory', 'make-container-directory'],
      ...['make-link', 'make-link', 'bind', 'bind'],
    ]);
    expect(plan.steps.flatMap((step) => (step.kind === 'make-container-directory' ? [step.path] : []))).toEqual([
      ...['/data', '/home/work', '/srv/all'],
    ]);
  });

  it('gives a source a place that the mount syntax cannot give: a file of it, under another name', () => {
    const plan = planOf([link('/opt/model/weights.bin', '/home/work/a/run-7/final.bin')]);
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(linkNodes(plan)).toEqual([['/opt/model/weights.bin', 0]]);
  });

  it('splits one source over several places', () => {
    const plan = planOf([link('/home/work/train', '/home/work/a/train'), link('/val', '/home/work/a/val')]);
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(laid(plan)).toHaveLength(2);
  });

  it('normalises both paths, and gives them in the order of the request', () => {
    const plan = planOf([link('/x/../b//c/', '/home/work/./a/'), link('/a', '/home/work/a')]);
    expect(plan.links).toEqual([
      { path: '/b/c', target: '/home/work/a' },
      { path: '/a', target: '/home/work/a' },
    ]);
    expect(planOf(plan.links).links).toEqual(plan.links);
  });
});

describe('refuses', () => {
  it.each<[string, ConflictCode, LinkRequest, string | null]>([
    ['a relative path', 'link-invalid', link('x/y'), '/home/work/x/y'],
    ['a relative target', 'link-invalid', link('/x', 'a'), null],
    ['an empty path', 'link-invalid', link(''), null],
    ['NUL', 'link-invalid', link('/x\0y'), null],
    ['NUL in a target', 'link-invalid', link('/x', '/a\0'), null],
    ['a path that climbs', 'link-invalid', link('/../x'), '/x'],
    ['“/”', 'link-invalid', link('/'), null],
    ['“/” as a target', 'link-invalid', link('/x', '/'), null],
    ['a system folder', 'link-invalid', link('/etc'), null],
    ['a place below the kernel', 'link-invalid', link('/proc/x'), null],
    ['the path of a mount', 'link-on-mount', link('/home/work/a', '/tmp'), '/home/work/a-2'],
    ['a path inside a mount', 'link-in-read-only', link('/home/work/a/l', '/tmp'), '/home/work/l'],
    ['the home of the job', 'link-on-mount', link('/home/work', '/tmp'), '/home/work/work'],
    ['a folder above the home of the job', 'link-on-mount', link('/home', '/tmp'), '/home/work/home'],
    ['itself', 'link-cycle', link('/x', '/x'), null],
    ['its own inside', 'link-cycle', link('/x', '/x/y'), null],
  ])('%s', (_, code, one, place) => {
    const request = requestOf([one], { there: { '/tmp': 'directory' } });
    const plan = planJob(request);
    const conflict = only(plan);
    expect(conflict).toMatchObject({ code, severity: 'error' });
    expect(laid(plan)).toEqual([]);
    expect(conflict.fixes.map((fix) => fix.change)).toEqual([
      ...(place === null ? [] : [{ kind: 'set-link', link: 0, path: place }]),
      { kind: 'remove-link', link: 0 },
    ]);
    for (const fix of conflict.fixes) expect(codes(planJob({ ...request, spec: applyFix(request.spec, fix) }))).toEqual([]);
  });

  it('a path inside a read-only and inside a writable mount, saying why', () => {
    const inside = (mode: 'ro' | 'rw') => planOf([link('/d/l')], { mounts: [{ facts: sampleSource('a'), target: '/d', mode }] });
    expect(only(inside('ro')).message).toContain('read-only');
    expect(only(inside('rw')).message).toContain('would be made in its source');
    expect(inside('rw').conflicts[0]).toMatchObject({ code: 'link-in-read-only', mounts: [0] });
  });

  it('a folder that holds a mount, and the same path twice', () => {
    const mounts = [{ facts: sampleSource('a'), target: '/d/x/y' }];
    expect(only(planOf([link('/d/x', '/d/x/y')], { mounts })).code).toBe('link-on-mount');
    const twice = planOf([link('/x', '/home/work/a/1'), link('/y/../x', '/home/work/a/2')]);
    expect(only(twice)).toMatchObject({ code: 'link-twice', targets: ['/x'] });
    expect(laid(twice)).toEqual([['/x', '/home/work/a/1']]);
    expect(only(planOf([link('/x'), link('/x/y')])).code).toBe('link-twice');
  });

  it('the working directory, and what is above it', () => {
    for (const path of ['/home/work', '/home', '/srv/app', '/srv']) {
      const plan = planOf([link(path, '/opt')], { mounts: [], there: { '/opt': 'directory' }, spec: { workdir: '/srv/app' } });
      expect(only(plan)).toMatchObject({ code: 'link-exists', severity: 'error' });
    }
  });

  it('a circle of links, each of them, and what leads into it', () => {
    const plan = planOf([
      link('/x', '/y/1'),
      link('/y', '/z'),
      link('/z', '/x/2'),
      link('/in', '/x'),
      link('/out', '/home/work/a'),
    ]);
    expect(codes(plan)).toEqual(['link-cycle', 'link-cycle', 'link-cycle', 'link-cycle']);
    expect(laid(plan)).toEqual([['/out', '/home/work/a']]);
    expect(linkNodes(plan)).toHaveLength(5);
  });

  it('links that lead on and on, at any length, without delay', () => {
    const links = Array.from({ length: 1000 }, (_, index) =>
      link(`/l${index}`, `/l${(index * 7 + 1) % 1000}/${'x'.repeat(200)}/${'y'.repeat(200)}`),
    );
    const begun = performance.now();
    expect(codes(planOf(links, { image: 'unknown' })).every((code) => code === 'link-cycle')).toBe(true);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('what the image has already, and a place below a file of it', () => {
    for (const kind of ['file', 'directory', 'empty-directory'] as const) {
      const conflict = only(planOf([link('/opt/x')], { there: { '/opt': 'directory', '/opt/x': kind } }));
      expect(conflict).toMatchObject({ code: 'link-exists', severity: 'error', targets: ['/opt/x'] });
      expect(conflict.message).toContain('python:3.12');
    }
    expect(only(planOf([link('/opt/x')], { there: { '/opt': 'file' } })).code).toBe('link-exists');
  });

  it('a place in a system folder unless the image has nothing there', () => {
    expect(planOf([link('/usr/lib/libx.so')], { there: { '/usr': 'directory', '/usr/lib': 'directory' } }).conflicts).toEqual([]);
    expect(only(planOf([link('/usr/lib/libx.so')], { there: { '/usr/lib/libx.so': 'file' } })).code).toBe('link-invalid');
    expect(only(planOf([link('/usr/lib/libx.so')], { image: 'unknown' })).code).toBe('link-invalid');
  });

  it('a place outside of the working directory on an engine without containers', () => {
    const changes = { engine: sampleProcess, spec: { image: '' }, image: 'unknown' as const };
    const conflict = only(planOf([link('/x')], changes));
    expect(conflict).toMatchObject({ code: 'target-needs-container', fixes: [{ change: { path: '/home/work/x' } }, {}] });
    expect(planOf([link('/home/work/x')], changes).conflicts).toEqual([]);
    const isolated = { ...sampleProcess, absoluteTargets: true };
    expect(planOf([link('/x')], { ...changes, engine: isolated }).conflicts).toEqual([]);
  });
});

describe('links and the image', () => {
  it('warns of a link to nothing', () => {
    const plan = planOf([link('/x', '/opt/none')]);
    expect(only(plan)).toMatchObject({ code: 'link-dangling', severity: 'warning', targets: ['/x'] });
    expect(plan.runnable).toBe(true);
    expect(laid(plan)).toEqual([['/x', '/opt/none']]);
    expect(planOf([link('/x', '/opt/none')], { image: 'unknown' }).conflicts).toEqual([]);
  });

  it('takes as something: the image, a mount, what holds one, another link, the kernel', () => {
    const links = [
      link('/1', '/opt/there'),
      link('/2', '/home/work/a/deep/er'),
      link('/3', '/home'),
      link('/4', '/2/x'),
      link('/5', '/proc/self'),
      link('/6', '/gathered'),
      link('/gathered/x', '/home/work/a'),
    ];
    expect(planOf(links, { there: { '/opt': 'directory', '/opt/there': 'file' } }).conflicts).toEqual([]);
  });

  it('may lie among files that were baked into the image, where there is nothing', () => {
    const baked = (there: 'missing' | 'file') => {
      const facts = sampleSource('a', '', { inside: { l: there } });
      return planOf([link('/d/l', '/tmp')], {
        ...{ mounts: [{ facts, target: '/d', mode: 'ro', approach: 'bake' }], there: { '/tmp': 'directory' } },
      });
    };
    expect(baked('missing')).toMatchObject({ runnable: true, conflicts: [] });
    expect(only(baked('file')).code).toBe('link-exists');
  });

  it('asks for what it has to know', () => {
    const request = sampleRequest({ mounts: [{ facts: sampleSource('a'), target: '/d' }], output: null });
    const links = [link('/opt/x', '/srv/y'), link('/d/l', '/d'), link('/z', '/opt/x/1')];
    const probes = probesFor({ ...request, spec: { ...request.spec, links } });
    expect(probes.image).toEqual(['/d', '/home', '/home/work', '/opt', '/opt/x', '/srv', '/srv/y', '/srv/y/1', '/z']);
    expect([...probes.inside.values()]).toEqual([['l']]);
  });
});

describe('linkScript', () => {
  it('is what a person would write', () => {
    expect(linkScript([link('/opt/all/a', '/data/a'), link('/b', "/it's here")])).toBe(
      [...['#!/bin/sh', 'set -e', 'mkdir -p /opt/all && ln -s /data/a /opt/all/a', "ln -s '/it'\\''s here' /b", '']].join('\n'),
    );
  });

  it.each(['a b', "it's", '$(touch x)', '`id`', 'a;b', 'line\nbreak', '-n', '"', '\\', '*', '#x', '~'])(
    'quotes %j so that a shell reads it as it is',
    (name) => {
      const script = linkScript([link(`/p/${name}/l`, `/t/${name}`)]);
      // Only the words are looked at: the two programs are replaced by one that prints what it is given.
      const shown = `mkdir() { printf '%s\\0' "$@"; }; ln() { printf '%s\\0' "$@"; }\n${script}`;
      expect(execFileSync('sh', ['-c', shown], { encoding: 'utf8' }).split('\0')).toEqual([
        ...['-p', `/p/${name}`, '-s', `/t/${name}`, `/p/${name}/l`, ''],
      ]);
    },
  );
});
