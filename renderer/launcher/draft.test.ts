import { describe, expect, it } from 'vitest';
import type { JobSpec } from '#shared/contract/plan.ts';
import { secretMarker } from '#shared/jobs/secret-variables.ts';
import { parseBytes, writeBytes } from '#shared/sizes.ts';
import {
  applyFixToDraft,
  type Draft,
  emptyDraft,
  fromSpec,
  isPristine,
  newLink,
  newMount,
  reviveDraft,
  toSpec,
  withoutSecrets,
} from './draft.ts';

const full: JobSpec = {
  name: 'train',
  engine: 'docker',
  image: 'python:3.12',
  command: ['sh', '-c', 'python train.py | tee log'],
  code: { source: 'code:/', mode: 'ro' },
  workdir: '/srv',
  mounts: [{ source: 'data:/train', target: '/data', mode: 'ro', approach: 'copy' }, { source: 'models' }],
  links: [{ path: '/home/work/a', target: '/data/a' }],
  output: 'runs:/42',
  noAutomount: ['.config'],
  env: [{ name: 'SEED', value: ' 1 ' }],
  noDotfiles: true,
  resources: { cpus: 1.5, memoryBytes: 4 * 2 ** 30, shmBytes: 1000, gpus: ['0', 'GPU-1'] },
  ports: [{ container: 8888 }, { container: 80, host: 8080 }],
  maxSeconds: 5400,
  network: false,
  user: 'image',
};

describe('the launch draft', () => {
  it('keeps everything of a job that is cloned', () => {
    expect(toSpec(fromSpec(full))).toMatchObject({ spec: full, problems: [] });
    expect(toSpec(fromSpec({ ...full, output: null })).spec.output).toBeNull();
  });

  it('keeps a secret of a cloned job by its place, until another is written, and writes none down', () => {
    const kept = '0f0e0d0c-0b0a-4908-8706-050403020100.0';
    const env = [{ name: 'TOKEN', value: secretMarker, secret: 'env' as const, kept }];
    const draft = fromSpec({ ...full, env });
    expect(draft.env[0]).toMatchObject({ value: '', kept });
    expect(toSpec(draft).spec.env).toEqual(env);
    const written = { ...draft, env: draft.env.map((row) => ({ ...row, value: 'another', kept: null })) };
    expect(toSpec(written).spec.env).toEqual([{ name: 'TOKEN', value: 'another', secret: 'env' }]);
    const revived = reviveDraft(JSON.parse(JSON.stringify(withoutSecrets(written))));
    expect(revived?.env).toMatchObject([{ name: 'TOKEN', value: '', secret: 'env', kept: null }]);
    expect(revived && toSpec(revived).spec).toMatchObject({ ...full, env: [{ name: 'TOKEN', value: '', secret: 'env' }] });
  });

  it('reads GPUs, time and ports, and names what cannot be read', () => {
    const wrong = toSpec({ ...emptyDraft, gpuChoice: 'count', gpus: 'many', maxTime: 'soon', ports: 'http' });
    expect(wrong.problems.map((problem) => problem.field)).toEqual(['gpus', 'maxTime', 'ports']);
    const right = toSpec({ ...emptyDraft, gpuChoice: 'count', gpus: ' 2 ', maxTime: '2 h', ports: '1, 2:3' });
    expect(right).toMatchObject({
      problems: [],
      spec: { resources: { gpus: 2 }, maxSeconds: 7200, ports: [{ container: 1 }, { container: 3, host: 2 }] },
    });
  });

  it('asks for the defaults when nothing is typed', () => {
    expect(toSpec(emptyDraft).spec).toEqual({ command: [], mounts: [], env: [], resources: {}, network: true, user: 'self' });
    expect(isPristine(emptyDraft)).toBe(true);
  });

  it('names what cannot be read instead of sending it', () => {
    const { spec, problems } = toSpec({ ...emptyDraft, command: "echo 'x", cpus: 'two', memory: '4 cows', shm: '1g' });
    expect(problems.map((problem) => problem.field)).toEqual(['command', 'cpus', 'memory']);
    expect(spec.resources).toEqual({ shmBytes: 2 ** 30 });
  });

  it('leaves rows without a source out, and knows which row a mount came from', () => {
    const rows = [newMount(), newMount({ source: 'a' }), newMount(), newMount({ source: 'b' })];
    const read = toSpec({ ...emptyDraft, mounts: rows });
    expect(read.spec.mounts).toEqual([{ source: 'a' }, { source: 'b' }]);
    expect(read.rows).toEqual([rows[1], rows[3]]);
  });

  it('applies a fix to the row it is about and keeps the unfinished ones', () => {
    const draft: Draft = {
      ...emptyDraft,
      mounts: [newMount(), newMount({ source: 'a' }), newMount({ source: 'b' })],
      memory: '4 g',
    };
    const moved = applyFixToDraft(draft, { label: '', request: 1, change: { kind: 'set-target', target: '/b2' } });
    expect(moved.mounts.map((row) => [row.source, row.target])).toEqual([
      ['', ''],
      ['a', ''],
      ['b', '/b2'],
    ]);
    expect(moved.memory).toBe('4 g');
    const without = applyFixToDraft(draft, { label: '', request: 0, change: { kind: 'remove-mount' } });
    expect(without.mounts.map((row) => row.source)).toEqual(['', 'b']);
    expect(applyFixToDraft(draft, { label: '', request: null, change: { kind: 'set-engine', engine: 'process' } }).engine).toBe(
      'process',
    );
    const greedy: Draft = { ...draft, gpuChoice: 'count', gpus: '2' };
    const modest = applyFixToDraft(greedy, { label: '', request: null, change: { kind: 'remove-gpus' } });
    expect(toSpec(modest).spec.resources.gpus).toBeUndefined();
    expect(modest.gpuChoice).toBe('none');
  });

  it('applies a fix to the link it is about, and leaves empty rows out', () => {
    const links = [newLink(), newLink({ path: '/a', target: '/d/a' }), newLink({ path: '/b', target: '/d/b' })];
    const draft: Draft = { ...emptyDraft, links };
    expect(toSpec(draft).spec.links).toEqual([
      { path: '/a', target: '/d/a' },
      { path: '/b', target: '/d/b' },
    ]);
    const moved = applyFixToDraft(draft, { label: '', request: null, change: { kind: 'set-link', link: 1, path: '/c' } });
    expect(moved.links).toEqual([links[0], links[1], { ...links[2], path: '/c' }]);
    const without = applyFixToDraft(draft, { label: '', request: null, change: { kind: 'remove-link', link: 0 } });
    expect(without.links).toEqual([links[0], links[2]]);
  });

  it('is found again after it was kept, and not when it is damaged', () => {
    const kept: unknown = JSON.parse(JSON.stringify(fromSpec(full)));
    const revived = reviveDraft(kept);
    expect(revived && toSpec(revived).spec).toEqual(full);
    expect(reviveDraft({ name: 'x' })).toBeNull();
    expect(reviveDraft('x')).toBeNull();
  });

  it('is found again when a version without symlinks and approaches kept it', () => {
    const { links: _, ...old } = fromSpec({ ...full, mounts: [{ source: 'data:/train' }] });
    const kept: unknown = { ...old, mounts: old.mounts.map(({ approach: _approach, ...row }) => row) };
    const revived = reviveDraft(kept);
    expect(revived && toSpec(revived).spec).toMatchObject({ mounts: [{ source: 'data:/train' }] });
    expect(revived?.links).toEqual([]);
  });
});

describe('sizes', () => {
  it.each([
    ['1024', 1024],
    ['4g', 4 * 2 ** 30],
    ['4 GiB', 4 * 2 ** 30],
    ['1.5 GB', 1.5e9],
    ['512m', 512 * 2 ** 20],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', 'x', '0', '-1', '4 cows', '1e3'])('refuses %j', (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  it('reads back what it writes', () => {
    for (const bytes of [1, 1000, 1024, 3 * 2 ** 20, 2 ** 40, 2 ** 40 + 1]) expect(parseBytes(writeBytes(bytes))).toBe(bytes);
  });
});
