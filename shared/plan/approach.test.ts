import { describe, expect, it } from 'vitest';
import type { Approach, ConflictCode, Plan, PlanConflict, PlannedMount } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { planJob } from './plan-job.ts';
import {
  type SampleChanges,
  sampleContents,
  sampleMachine,
  sampleProcess,
  sampleRemote,
  sampleRequest,
  sampleSource,
} from './sample-request.ts';
import type { SourceFacts } from './types.ts';

const away = { local: false };
const noFuse = { fuse: { available: false, why: 'There is no rclone on this machine.' } };
const many = sampleContents(50_000, 10_000);
const hundred = sampleContents(100, 100e6);
const huge = sampleContents(2000, 1e9);

interface Situation extends SampleChanges {
  mode?: 'ro' | 'rw';
  approach?: Approach;
  target?: string;
}

/** The plan of one mount and no output. */
const planOf = (facts: SourceFacts, { mode = 'ro', approach, target, ...changes }: Situation = {}): Plan =>
  planJob(
    sampleRequest({
      mounts: [{ facts, mode, ...(approach && { approach }), ...(target !== undefined && { target }) }],
      output: null,
      ...changes,
    }),
  );
const mountOf = (plan: Plan): PlannedMount => plan.mounts[0] as PlannedMount;
const option = (plan: Plan, approach: Approach) => mountOf(plan).options.find((one) => one.approach === approach);
const codes = (plan: Plan): ConflictCode[] => plan.conflicts.map((conflict) => conflict.code);
const only = (plan: Plan): PlanConflict => {
  expect(codes(plan)).toHaveLength(1);
  return plan.conflicts[0] as PlanConflict;
};
const local = (contents = many) => sampleSource('a', '', { contents });
const remote = (contents = many, changes: Partial<SourceFacts> = {}) => sampleRemote('a', '', { contents, ...changes });

describe('what is recommended', () => {
  it.each<[string, Approach, SourceFacts, Situation]>([
    ['a local folder on a local engine', 'share', local(), {}],
    ['a local folder that is written', 'share', local(), { mode: 'rw' }],
    ['few large files on macOS', 'share', local(hundred), { machine: { platform: 'darwin' } }],
    ['many small files on macOS', 'copy', local(), { machine: { platform: 'darwin' } }],
    ['many small files on Windows', 'copy', local(), { machine: { platform: 'win32' } }],
    [
      'many small files on macOS without a container',
      'share',
      local(),
      { machine: { platform: 'darwin' }, engine: sampleProcess },
    ],
    ['a local folder that is written on macOS', 'share', local(), { machine: { platform: 'darwin' }, mode: 'rw' }],
    ['a local folder and a remote engine', 'copy', local(hundred), { engine: away }],
    ['a local folder that is written and a remote engine', 'copy', local(), { engine: away, mode: 'rw' }],
    ['many small files that hardly change and a remote engine', 'bake', local(), { engine: away }],
    ['the same, changed lately', 'copy', local({ ...many, newest: sampleMachine.now }), { engine: away }],
    ['remote files that fit the disk', 'copy', remote(hundred), {}],
    ['many small remote files', 'copy', remote(), {}],
    ['many small remote files where nothing can be mounted', 'copy', remote(), { machine: noFuse }],
    ['remote files that are written', 'copy', remote(hundred), { mode: 'rw' }],
    ['remote files that are larger than the disk', 'share', remote(huge), {}],
    ['remote files that take long to copy', 'share', remote(sampleContents(90, 1e9)), {}],
    ['the same, in the cache already', 'copy', remote(sampleContents(90, 1e9), { cached: { files: 90, bytes: 90e9 } }), {}],
    ['the same where nothing can be mounted', 'copy', remote(sampleContents(90, 1e9)), { machine: noFuse }],
    [
      'remote files of a host that cannot be mounted',
      'copy',
      remote(sampleContents(90, 1e9), { mountRefusal: 'This host cannot be mounted.' }),
      {},
    ],
    ['a single remote file', 'copy', remote(sampleContents(1, 1e6), { stat: 'file' }), {}],
    [
      'many small files on macOS where nothing goes into volumes',
      'share',
      local(),
      { machine: { platform: 'darwin', volumes: false } },
    ],
    [
      'remote files on macOS where nothing goes into volumes',
      'copy',
      remote(),
      { machine: { platform: 'darwin', volumes: false } },
    ],
    ['remote files of which nothing is known', 'copy', remote(undefined, { contents: null }), {}],
  ])('%s: %s', (_, approach, facts, situation) => {
    const plan = planOf(facts, { ...situation });
    expect(mountOf(plan)).toMatchObject({ approach, recommended: approach });
    const { options } = mountOf(plan);
    expect(options.map((one) => one.approach).sort()).toEqual(['bake', 'copy', 'share']);
    expect(options[0]).toMatchObject({ approach, possible: true, reason: mountOf(plan).reason });
    for (const one of options) expect(one.reason).toMatch(/^[A-Z0-9“].*\.$/);
    expect(plan.runnable).toBe(true);
  });

  it('says why with the figures that decide', () => {
    const slow = { link: { latencyMs: 30, bytesPerSecond: 30e6 } };
    expect(mountOf(planOf(remote(sampleContents(412_000, 9216), slow))).reason).toBe(
      'Copied: 412,000 files of 9.2 KB on average are fetched as one stream in about 5 min; shared, each would be read over the network.',
    );
    expect(mountOf(planOf(remote(huge))).reason).toMatch(/^Shared: nothing is copied.* 11 h\. 2 TB are too much to copy/);
    expect(mountOf(planOf(remote(hundred, { cached: { files: 60, bytes: 6e9 } }))).reason).toContain(
      '4 GB are fetched in about 80 s (60 % of 10 GB are in the cache)',
    );
    expect(mountOf(planOf(remote(hundred, { cached: { files: 100, bytes: 10e9 } }))).reason).toBe(
      'Copied: all 10 GB are in the cache already.',
    );
    expect(mountOf(planOf(remote({ ...hundred, complete: false }))).reason).toContain('There is more than was counted');
    expect(mountOf(planOf(remote({ ...hundred, complete: false, counting: true }))).reason).toContain('still being counted');
  });

  it('counts for outputs on a host: the job begins with an empty folder, which is copied back', () => {
    const output = sampleRemote('results', 'train', { stat: 'missing', contents: null });
    const plan = planJob(sampleRequest({ output }));
    expect(mountOf(plan)).toMatchObject({ role: 'output', approach: 'copy', cost: { moveBytes: 0, diskBytes: 0 } });
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(plan.steps).toContainEqual({
      ...{ kind: 'stage', mount: 0, target: '/home/work/out', readOnly: false, packed: false, into: 'directory' },
    });
    expect(planJob(sampleRequest({ engine: away })).mounts[0]).toMatchObject({ role: 'output', approach: 'copy' });
    const there = sampleRemote('results', 'train', { contents: huge });
    expect(mountOf(planJob(sampleRequest({ output: there })))).toMatchObject({ approach: 'copy', cost: { moveBytes: 0 } });
  });
});

describe('steps', () => {
  const stepsOf = (plan: Plan) => plan.steps.filter((step) => !step.kind.startsWith('make-'));

  it('stage what is copied, as one stream when it is many small files that have to be moved', () => {
    const staged = { kind: 'stage', mount: 0, target: '/home/work/a', readOnly: true, packed: true, into: 'directory' };
    expect(stepsOf(planOf(remote()))).toEqual([staged]);
    expect(stepsOf(planOf(remote(hundred)))).toEqual([{ ...staged, packed: false }]);
    expect(stepsOf(planOf(remote(many, { cached: { files: 50_000, bytes: 5e8 } })))).toEqual([{ ...staged, packed: false }]);
    expect(stepsOf(planOf(remote(), { mode: 'rw' }))).toEqual([{ ...staged, readOnly: false }]);
  });

  it('bring files into a volume of an engine that does not see this disk', () => {
    expect(stepsOf(planOf(local(hundred), { engine: away }))).toMatchObject([{ kind: 'stage', into: 'volume' }]);
    expect(stepsOf(planOf(local(), { machine: { platform: 'darwin' } }))).toMatchObject([{ kind: 'stage', into: 'volume' }]);
    const machine = { platform: 'darwin', volumes: false };
    expect(stepsOf(planOf(remote(), { machine }))).toMatchObject([{ kind: 'stage', into: 'directory' }]);
    expect(stepsOf(planOf(remote(), { engine: { ...sampleProcess, ...away } }))).toMatchObject([{ into: 'directory' }]);
  });

  it('mount over the network, bake, or bind', () => {
    expect(stepsOf(planOf(remote(huge)))).toEqual([{ kind: 'mount-remote', mount: 0, target: '/home/work/a', readOnly: true }]);
    expect(stepsOf(planOf(local(), { approach: 'bake' }))).toEqual([{ kind: 'bake', mount: 0, target: '/home/work/a' }]);
    expect(stepsOf(planOf(local()))).toMatchObject([{ kind: 'bind', source: '/home/ada/Stowage/a' }]);
  });
});

describe('an approach that is asked for and cannot work', () => {
  it('names the reason and offers what can', () => {
    const conflict = only(planOf(remote(), { approach: 'share', machine: noFuse }));
    expect(conflict).toMatchObject({ code: 'approach-impossible', severity: 'error', mounts: [0] });
    expect(conflict.message).toContain('cannot be shared. There is no rclone');
    expect(conflict.fixes.map((fix) => fix.change)).toEqual([
      { kind: 'set-approach', approach: 'copy' },
      { kind: 'set-approach', approach: 'bake' },
      { kind: 'remove-mount' },
    ]);
  });

  it('is gone after the fix', () => {
    const request = sampleRequest({ mounts: [{ facts: local(), approach: 'bake', mode: 'rw' }], output: null });
    const conflict = only(planJob(request));
    expect(conflict.code).toBe('approach-impossible');
    const [fix] = conflict.fixes;
    expect(fix && planJob({ ...request, spec: applyFix(request.spec, fix) })).toMatchObject({ runnable: true, conflicts: [] });
  });

  it.each<[string, string, SourceFacts, Situation]>([
    ['on an engine without images', 'has no images', local(), { engine: sampleProcess, spec: { image: '' } }],
    ['writable', 'read-only', local(), { mode: 'rw' }],
    ['a single file', 'single file', local({ ...many, files: 1 }), {}],
    ['more than 1 GB', 'at most 1 GB', local(hundred), {}],
    ['more than 500,000 files', '500,001 files', local(sampleContents(500_001, 1)), {}],
    ['not counted yet', 'must be counted', local({ ...many, complete: false, counting: true }), {}],
    ['too large to be counted', 'too large', local({ ...many, complete: false }), {}],
    ['where the image has files', 'has files there', local(), { target: '/opt', imagePaths: { '/opt': 'directory' } }],
  ])('bake: %s', (what, words, facts, situation) => {
    const plan = planOf(what === 'a single file' ? { ...facts, stat: 'file' } : facts, { ...situation, approach: 'bake' });
    expect(plan.conflicts.find((conflict) => conflict.code === 'approach-impossible')?.message).toContain(words);
    expect(option(plan, 'bake')?.possible).toBe(false);
  });

  it('bake: inside another mount', () => {
    const outer = { facts: sampleSource('b', '', { inside: { x: 'directory' } }), target: '/d' };
    const plan = planJob(
      sampleRequest({ mounts: [outer, { facts: local(), target: '/d/x', mode: 'ro', approach: 'bake' }], output: null }),
    );
    expect(only(plan).message).toContain('inside another mount');
  });

  it('copy and bake: a folder outside of all vfolders', () => {
    const code = sampleSource('src', '', { kind: 'host', vfolder: null });
    const plan = planJob(sampleRequest({ code, output: null, engine: away }));
    expect(only(plan)).toMatchObject({ code: 'remote-engine', severity: 'error', mounts: [0] });
    expect(plan.mounts[0]?.options.every((one) => !one.possible)).toBe(true);
  });

  it('copy: to an engine on another machine that takes none', () => {
    const situation = { engine: away, machine: { volumes: false }, otherEngines: ['process' as const] };
    const conflict = only(planOf(local(hundred), situation));
    expect(conflict).toMatchObject({ code: 'remote-engine', severity: 'error' });
    expect(conflict.fixes.map((fix) => fix.change.kind)).toEqual(['set-engine', 'remove-mount']);
    expect(only(planOf(remote(hundred), situation)).code).toBe('source-remote');
    expect(only(planOf(remote(hundred), { ...situation, approach: 'copy' })).code).toBe('approach-impossible');
    expect(planOf(local(), situation)).toMatchObject({ runnable: true, mounts: [{ approach: 'bake' }] });
  });

  it('copy: a single file into a volume', () => {
    const file = { ...local(sampleContents(1, 1e6)), stat: 'file' as const };
    expect(only(planOf(file, { engine: away })).message).toContain('mount the folder that it lies in');
  });

  it('share: a host that cannot be mounted', () => {
    const mountRefusal = 'The address of this host cannot be mounted.';
    expect(only(planOf(remote(many, { mountRefusal }), { approach: 'share' })).message).toContain(mountRefusal);
  });

  it('share: a local folder with an engine on another machine', () => {
    expect(only(planOf(local(), { approach: 'share', engine: away })).message).toContain('does not see this folder');
    expect(only(planOf(remote(), { approach: 'share', engine: away })).code).toBe('approach-impossible');
  });
});

describe('the disk', () => {
  const small = { disk: { freeBytes: 5e9, cacheLimitBytes: 100e9, cacheUsedBytes: 0 } };

  it('refuses a copy that does not fit, and offers to share, or a folder of it that fits', () => {
    const parts = [
      { name: 'train', bytes: 8e9 },
      { name: 'test', bytes: 2e9 },
    ];
    const plan = planOf(remote({ ...hundred, parts }), { approach: 'copy', machine: small });
    const conflict = only(plan);
    expect(conflict).toMatchObject({ code: 'disk-full', severity: 'error' });
    expect(conflict.message).toContain('A copy needs 10 GB of disk, and 5 GB are free.');
    expect(conflict.fixes.map((fix) => fix.change)).toEqual([
      { kind: 'set-approach', approach: 'share' },
      { kind: 'set-source', source: 'a:/test' },
      { kind: 'remove-mount' },
    ]);
    expect(mountOf(plan)).toMatchObject({ approach: 'copy', recommended: 'share' });
    expect(planOf(remote(hundred), { machine: small })).toMatchObject({ runnable: true, mounts: [{ approach: 'share' }] });
  });

  it('is an error of the plan when nothing else works', () => {
    const conflict = only(planOf(remote(hundred), { machine: { ...small, ...noFuse } }));
    expect(conflict).toMatchObject({ code: 'disk-full', severity: 'error' });
    expect(conflict.message).toContain('Mount a smaller part of it, or free disk.');
  });

  it('needs nothing for what is in the cache, and the double for what the job can change', () => {
    const alone = planOf(remote(hundred), { engine: sampleProcess, spec: { image: '' } });
    expect(mountOf(alone)).toMatchObject({ mode: 'ro', approach: 'copy', cost: { diskBytes: 20e9 } });
    expect(mountOf(planOf(local(hundred), { engine: away, mode: 'rw' })).cost?.diskBytes).toBe(20e9);
    expect(planOf(remote(hundred, { cached: { files: 60, bytes: 6e9 } }), { machine: small }).runnable).toBe(true);
    expect(mountOf(planOf(remote(hundred), { mode: 'rw' })).cost?.diskBytes).toBe(20e9);
    expect(mountOf(planOf(remote(hundred, { cached: { files: 100, bytes: 10e9 } }))).cost).toMatchObject({
      ...{ moveFiles: 0, moveBytes: 0, diskBytes: 0 },
    });
  });

  it('counts what the cache will let go of to stay within its limit', () => {
    const full = { disk: { freeBytes: 5e9, cacheLimitBytes: 20e9, cacheUsedBytes: 20e9 } };
    expect(planOf(remote(hundred), { approach: 'copy', machine: full }).runnable).toBe(true);
    const tight = { disk: { freeBytes: 500e9, cacheLimitBytes: 9e9, cacheUsedBytes: 0 } };
    expect(only(planOf(remote(hundred), { approach: 'copy', machine: tight })).message).toContain('the cache may hold 9 GB');
  });

  it('is told of copies that fit one by one and not together', () => {
    const machine = { disk: { freeBytes: 15e9, cacheLimitBytes: 100e9, cacheUsedBytes: 0 } };
    const mounts = ['a', 'b'].map((name) => ({ facts: sampleRemote(name, '', { contents: hundred }), mode: 'ro' as const }));
    const together = (changes: SampleChanges['machine']): Plan =>
      planJob(sampleRequest({ mounts, output: null, machine: { ...machine, ...changes } }));
    const conflict = only(together({}));
    expect(conflict).toMatchObject({ code: 'disk-full', severity: 'error', mounts: [0, 1] });
    expect(conflict.fixes.map((fix) => [fix.request, fix.change.kind])).toEqual([
      [0, 'set-approach'],
      [1, 'set-approach'],
    ]);
    const disk = { freeBytes: 500e9, cacheLimitBytes: 15e9, cacheUsedBytes: 0 };
    expect(only(together({ disk })).message).toContain('need 20 GB in the cache, which may hold 15 GB');
    expect(together({ disk: null }).conflicts).toEqual([]);
  });

  it('never takes a terabyte, whatever is free', () => {
    const machine = { disk: { freeBytes: 1e15, cacheLimitBytes: 1e15, cacheUsedBytes: 0 } };
    expect(only(planOf(remote(huge), { approach: 'copy', machine })).fixes[0]?.change).toEqual({
      ...{ kind: 'set-approach', approach: 'share' },
    });
    expect(only(planOf(local(huge), { engine: away, machine })).code).toBe('disk-full');
  });

  it('is too small for an image', () => {
    const machine = { disk: { freeBytes: 1e8, cacheLimitBytes: 1e8, cacheUsedBytes: 0 } };
    expect(only(planOf(local(), { approach: 'bake', machine })).code).toBe('disk-full');
  });
});

describe('an approach that works and is unwise', () => {
  it.each<[string, Approach, SourceFacts, Situation, Approach]>([
    ['a copy of what is on this machine', 'copy', local(), {}, 'share'],
    ['many small files over the network', 'share', remote(), {}, 'copy'],
    ['writing over the network', 'share', remote(hundred), { mode: 'rw' }, 'copy'],
    ['a copy that takes long', 'copy', remote(sampleContents(90, 1e9)), {}, 'share'],
    ['an image of what changed lately', 'bake', remote({ ...many, newest: sampleMachine.now }), {}, 'copy'],
  ])('%s is a warning that offers %s', (_, approach, facts, situation, better) => {
    const plan = planOf(facts, { ...situation, approach });
    const conflict = only(plan);
    expect(conflict).toMatchObject({ code: 'approach-unwise', severity: 'warning' });
    expect(conflict.fixes.map((fix) => fix.change)).toEqual([{ kind: 'set-approach', approach: better }]);
    expect(plan.runnable).toBe(true);
    expect(mountOf(plan)).toMatchObject({ approach, recommended: better });
  });

  it('is nothing to mention when it hardly matters', () => {
    expect(planOf(remote(sampleContents(10, 1e6)), { approach: 'share' }).conflicts).toEqual([]);
    expect(planOf(local(), { approach: 'bake' }).conflicts).toEqual([]);
    expect(planOf(local(), { approach: 'share' }).conflicts).toEqual([]);
  });
});

describe('the cost of a plan', () => {
  it('sums what is moved, not what is shared', () => {
    const cached = { files: 40, bytes: 4e9 };
    const mounts = [
      { facts: local(hundred) },
      { facts: sampleRemote('b', '', { contents: hundred, cached }), mode: 'ro' as const },
    ];
    const { cost } = planJob(sampleRequest({ mounts }));
    expect(cost).toMatchObject({
      moveFiles: 60,
      moveBytes: 6e9,
      cachedBytes: 4e9,
      diskBytes: 6e9,
      diskFreeBytes: 500e9,
      complete: true,
    });
    expect(cost.seconds).toBeGreaterThan(119);
    expect(cost.seconds).toBeLessThan(125);
  });

  it('is a lower bound while something that moves is not counted whole', () => {
    const { cost } = planOf(remote({ ...hundred, complete: false, counting: true }));
    expect(cost).toMatchObject({ complete: false, counting: true, moveBytes: 10e9 });
    expect(planOf(remote({ ...hundred, complete: false })).cost.counting).toBeUndefined();
    expect(planOf(remote(undefined, { contents: null })).cost).toMatchObject({ complete: false, seconds: null });
    expect(planOf(local({ ...hundred, complete: false })).cost).toMatchObject({ complete: true, seconds: 0 });
    expect(planOf(remote(hundred, { link: null })).cost).toMatchObject({ complete: true, seconds: null });
  });

  it('of a warm copy of 50,000 files is less than a second', () => {
    expect(planOf(remote(many, { cached: { files: 50_000, bytes: 5e8 } })).cost.seconds).toBeLessThan(1);
  });
});

describe('remote sources', () => {
  it('that overlap are an error when both are written, a warning when one is', () => {
    const overlap = (first: 'ro' | 'rw', second: 'ro' | 'rw') =>
      codes(
        planJob(
          sampleRequest({
            mounts: [
              { facts: sampleRemote('a'), mode: first, target: '/x' },
              { facts: sampleRemote('a', 'b'), mode: second, target: '/y' },
            ],
            output: null,
          }),
        ),
      );
    expect(overlap('rw', 'rw')).toEqual(['overlap-both-writable']);
    expect(overlap('ro', 'rw')).toEqual(['overlap-mixed']);
    expect(overlap('ro', 'ro')).toEqual([]);
  });

  it('that are not there, or cannot be asked for, are told as any other', () => {
    expect(codes(planOf(remote(many, { stat: 'missing' })))).toEqual(['source-missing']);
    const problem = { code: 'source-unreadable' as const, message: 'The host does not answer.' };
    expect(only(planOf(remote(many, { problem })))).toMatchObject({ code: 'source-unreadable', message: problem.message });
  });

  it('hold other mounts only where there is a folder for them', () => {
    const nested = (mode: 'ro' | 'rw', there: 'missing' | 'directory' | 'file') =>
      planJob(
        sampleRequest({
          mounts: [
            { facts: sampleRemote('a', '', { inside: { x: there } }), target: '/d', mode },
            { facts: local(), target: '/d/x' },
          ],
          output: null,
        }),
      );
    expect(nested('ro', 'directory').conflicts).toEqual([]);
    expect(only(nested('ro', 'missing'))).toMatchObject({ code: 'nested-read-only-parent', severity: 'error' });
    expect(only(nested('rw', 'missing'))).toMatchObject({ code: 'nested-writable-parent', severity: 'warning' });
    expect(only(nested('rw', 'file')).code).toBe('folder-onto-file');
    expect(nested('rw', 'missing').steps.some((step) => step.kind === 'make-host-directory')).toBe(false);
  });
});
