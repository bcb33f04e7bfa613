import { describe, expect, it } from 'vitest';
import type { ConflictCode, Plan, PlanConflict } from '../contract/plan.ts';
import { planSchema } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { planJob } from './plan-job.ts';
import { type SampleChanges, sampleImage, sampleProcess, sampleRequest, sampleSource } from './sample-request.ts';

const planOf = (changes: SampleChanges): Plan => planJob(sampleRequest(changes));

/** The only conflict of this code. */
function conflictOf(plan: Plan, code: ConflictCode): PlanConflict {
  const found = plan.conflicts.filter((conflict) => conflict.code === code);
  expect(found, JSON.stringify(plan.conflicts.map((conflict) => conflict.message))).toHaveLength(1);
  return found[0] as PlanConflict;
}

const codes = (plan: Plan): ConflictCode[] => plan.conflicts.map((conflict) => conflict.code);
const mount = (name: string, inner = '', target?: string) => ({
  facts: sampleSource(name, inner),
  ...(target !== undefined && { target }),
});

describe('targets', () => {
  it.each([
    ['/d', '/d'],
    ['/d', '/d/'],
    ['/d', '/x/../d'],
    ['d', '/home/work/d'],
  ])('refuses the same target twice, %s and %s, naming both', (first, second) => {
    const changes = { mounts: [mount('a', '', first), mount('b', '', second)] };
    const conflict = conflictOf(planOf(changes), 'target-twice');
    expect(conflict).toMatchObject({ severity: 'error', mounts: [0, 1] });
    expect(conflict.message).toContain('“a:/” and “b:/”');
    expect(conflict.fixes.map((fix) => fix.change.kind)).toEqual(['set-target', 'remove-mount']);
  });

  it('offers a target that is free, and the plan is clean after it', () => {
    const request = sampleRequest({ mounts: [mount('a', 'data'), mount('b', 'data'), mount('data')] });
    const [conflict] = planJob(request).conflicts;
    const fixed = (conflict?.fixes ?? [])
      .filter((fix) => fix.change.kind === 'set-target')
      .reduce((spec, fix) => applyFix(spec, fix), request.spec);
    expect(fixed.mounts.map((one) => one.target)).toEqual([undefined, '/home/work/b-data', '/home/work/data-2']);
    expect(planJob({ ...request, spec: fixed }).conflicts).toEqual([]);
  });

  it('names the output folder when a mount takes its place', () => {
    const conflict = conflictOf(planOf({ mounts: [mount('out')] }), 'target-twice');
    expect(conflict.message).toContain('the output folder “outputs:/train”');
    expect(conflict.fixes[0]).toMatchObject({ request: 0, change: { kind: 'set-target', target: '/home/work/out-2' } });
  });

  it('refuses “/”', () => {
    const plan = planOf({ mounts: [mount('a', '', '/')] });
    expect(conflictOf(plan, 'target-root').severity).toBe('error');
    expect(plan.steps.some((step) => step.kind === 'bind' && step.target === '/')).toBe(false);
  });

  it.each(['/etc', '/proc', '/usr', '/lib64', '/dev', '/x/../etc/'])('refuses the system folder %s', (target) => {
    expect(conflictOf(planOf({ mounts: [mount('a', '', target)] }), 'target-system').severity).toBe('error');
  });

  it('refuses a place in a system folder unless the image has nothing there', () => {
    const mounts = [mount('a', '', '/etc/app')];
    expect(codes(planOf({ mounts, image: 'unknown' }))).toEqual(['target-system']);
    expect(codes(planOf({ mounts, imagePaths: { '/etc/app': 'directory' } }))).toEqual(['target-system']);
    expect(codes(planOf({ mounts, imagePaths: { '/etc': 'directory', '/etc/app': 'missing' } }))).toEqual([]);
    const below = { '/etc': 'directory', '/etc/app': 'file', '/etc/app/x': 'missing' } as const;
    expect(codes(planOf({ mounts: [mount('a', '', '/etc/app/x')], imagePaths: below }))).toEqual(['folder-onto-file']);
    expect(codes(planOf({ mounts: [mount('a', '', '/proc/x')], imagePaths: { '/proc/x': 'missing' } }))).toEqual([
      'target-system',
    ]);
  });

  it.each(['../x', '../../../x', '/../x', '', 'a\0b'])('refuses the target %j, which is shown as written', (target) => {
    const plan = planOf({ mounts: [mount('a', '', target)] });
    expect(conflictOf(plan, 'target-invalid').severity).toBe('error');
    expect(plan.mounts[0]?.target).toBe(target);
  });

  it('resolves a relative target against the working directory', () => {
    const plan = planOf({ mounts: [mount('a', '', 'data')], spec: { workdir: '/srv/app' } });
    expect(plan.mounts[0]?.target).toBe('/srv/app/data');
    expect(plan.workdir).toBe('/srv/app');
  });

  it('refuses a working directory that climbs', () => {
    expect(conflictOf(planOf({ spec: { workdir: '/../x' } }), 'target-invalid').message).toContain('working directory');
  });

  it.each(['/home', '/home/work'])('warns when %s hides the default working directory', (target) => {
    const conflict = conflictOf(planOf({ mounts: [mount('a', '', target)], output: null }), 'target-hides-workdir');
    expect(conflict).toMatchObject({
      severity: 'warning',
      targets: [target, '/home/work'].slice(target === '/home/work' ? 1 : 0),
    });
  });

  it('does not take a working directory for hidden when the code is mounted on top', () => {
    const parent = { facts: sampleSource('a', '', { inside: { code: 'directory' } }), target: '/home/work' };
    expect(codes(planOf({ mounts: [parent], code: sampleSource('src'), output: null }))).toEqual([]);
  });

  it('takes a working directory inside a mount as meant, and sees that it is there', () => {
    const run = (inside: Record<string, 'missing' | 'directory' | 'file'>, writable = true) =>
      planOf({
        mounts: [{ facts: sampleSource('a', '', { inside, writable }), target: '/srv', mode: 'ro' }],
        spec: { workdir: '/srv/run' },
      });
    expect(codes(run({ run: 'directory' }))).toEqual([]);
    expect(run({ run: 'missing' }).steps).toContainEqual(
      expect.objectContaining({ kind: 'make-host-directory', path: '/home/ada/Stowage/a/run' }),
    );
    expect(conflictOf(run({ run: 'missing' }, false), 'target-hides-workdir').severity).toBe('error');
    expect(conflictOf(run({ run: 'file' }), 'target-hides-workdir').severity).toBe('error');
  });

  it('warns when something of the image is hidden, naming it', () => {
    const conflict = conflictOf(
      planOf({ mounts: [mount('a', '', '/opt')], imagePaths: { '/opt': 'directory' } }),
      'target-hides-image',
    );
    expect(conflict).toMatchObject({ severity: 'warning', targets: ['/opt'] });
    expect(codes(planOf({ mounts: [mount('a', '', '/opt')], imagePaths: { '/opt': 'empty-directory' } }))).toEqual([]);
  });

  it('refuses a folder onto a file of the image, and a file onto a folder of it', () => {
    const file = { facts: sampleSource('a', 'f', { stat: 'file' }), target: '/opt/x' };
    expect(
      conflictOf(planOf({ mounts: [mount('a', '', '/opt/x')], imagePaths: { '/opt/x': 'file' } }), 'folder-onto-file').severity,
    ).toBe('error');
    expect(
      conflictOf(planOf({ mounts: [mount('a', '', '/opt/x')], imagePaths: { '/opt': 'file' } }), 'folder-onto-file').severity,
    ).toBe('error');
    expect(conflictOf(planOf({ mounts: [file], imagePaths: { '/opt/x': 'empty-directory' } }), 'file-onto-folder').severity).toBe(
      'error',
    );
  });
});

describe('nested targets', () => {
  const nested = (mode: 'ro' | 'rw', inside: 'missing' | 'file' | 'directory' | 'symlink', parent = {}, child = {}) =>
    planOf({
      mounts: [
        { facts: sampleSource('a', '', { inside: { 'x/y': inside }, ...parent }), target: '/d', mode },
        { facts: sampleSource('b', '', child), target: '/d/x/y' },
      ],
    });
  const stub = expect.objectContaining({ kind: 'make-host-directory', path: '/home/ada/Stowage/a/x/y' });

  it.each(['ro', 'rw'] as const)('makes the missing folder in a %s parent as the user', (mode) => {
    const plan = nested(mode, 'missing');
    expect(plan.steps).toContainEqual(stub);
    const code = mode === 'rw' ? 'nested-writable-parent' : 'nested-read-only-parent';
    expect(conflictOf(plan, code)).toMatchObject({ severity: 'warning', mounts: [0, 1] });
  });

  it('says nothing when the folder is there', () => {
    expect(nested('ro', 'directory').conflicts).toEqual([]);
  });

  it('refuses a missing folder in a read-only parent that cannot be changed', () => {
    for (const parent of [{ writable: false }, { vfolder: { id: 'a', name: 'a', permission: 'ro' as const, mountPath: null } }]) {
      const plan = nested('ro', 'missing', parent);
      expect(conflictOf(plan, 'nested-read-only-parent').severity).toBe('error');
      expect(plan.steps).not.toContainEqual(stub);
    }
  });

  it('refuses a file or a symlink in the way', () => {
    expect(conflictOf(nested('rw', 'file'), 'folder-onto-file').severity).toBe('error');
    expect(conflictOf(nested('rw', 'symlink'), 'nested-writable-parent').severity).toBe('error');
    expect(conflictOf(nested('rw', 'directory', {}, { stat: 'file' }), 'file-onto-folder').severity).toBe('error');
    expect(conflictOf(nested('rw', 'missing', { stat: 'file' }), 'folder-onto-file').severity).toBe('error');
  });

  it('warns that the engine leaves a file behind when a file is mounted inside', () => {
    expect(conflictOf(nested('rw', 'missing', {}, { stat: 'file' }), 'nested-writable-parent').message).toContain(
      'owned by root',
    );
    expect(conflictOf(nested('ro', 'missing', {}, { stat: 'file' }), 'nested-read-only-parent').severity).toBe('error');
  });
});

describe('sources', () => {
  const withFacts = (changes: Parameters<typeof sampleSource>[2], mode?: 'ro' | 'rw') =>
    planOf({ mounts: [{ facts: sampleSource('a', 'x', changes), ...(mode && { mode }) }] });

  it.each<[ConflictCode, Parameters<typeof sampleSource>[2]]>([
    ['source-missing', { stat: 'missing' }],
    ['source-unreadable', { readable: false }],
    ['source-unreadable', { stat: 'special' }],
    ['source-outside-roots', { realPath: '/srv/elsewhere' }],
    ['address-invalid', { problem: { code: 'address-invalid', message: 'Not an address.' } }],
    ['vfolder-missing', { problem: { code: 'vfolder-missing', message: 'There is no vfolder “a”.' } }],
  ])('refuses with %s', (code, changes) => {
    const conflict = conflictOf(withFacts(changes), code);
    expect(conflict.severity).toBe('error');
    expect(conflict.fixes).toMatchObject([{ request: 0, change: { kind: 'remove-mount' } }]);
  });

  it.each([
    ['/', 'the whole file system'],
    ['/run/docker.sock', 'is the socket'],
    ['/run', 'contains the socket'],
    ['/var', 'contains the socket'],
    ['/home/ada/.stowage', "Stowage's own data directory"],
    ['/home/ada', "contains Stowage's own data directory"],
    ['/home/ada/.stowage/logs', "inside Stowage's own data directory"],
    ['/proc/1', 'folder of the kernel'],
    ['/dev', 'folder of the kernel'],
  ])('refuses %s as a source', (path, words) => {
    const plan = withFacts({ kind: 'linked', localPath: path, realPath: path, root: path });
    expect(conflictOf(plan, 'source-dangerous').message).toContain(words);
    expect(plan.runnable).toBe(false);
  });

  it('sees through a symlink, and says where it leads', () => {
    const conflict = conflictOf(
      withFacts({ kind: 'linked', localPath: '/srv/link', realPath: '/', root: '/' }),
      'source-dangerous',
    );
    expect(conflict.message).toContain('leads to /');
  });

  it('lets managed vfolders live in the data directory', () => {
    const place = '/home/ada/.stowage/files/a';
    expect(withFacts({ localPath: place, realPath: place, root: place }).conflicts).toEqual([]);
  });

  it('refuses Windows drives and the data directory whatever the case', () => {
    const machine = { platform: 'win32', home: ['C:\\Users\\Ada\\Stowage'], socketPaths: [], uid: null, gid: null };
    const at = (path: string) =>
      codes(
        planOf({
          machine,
          output: null,
          mounts: [{ facts: sampleSource('a', '', { kind: 'linked', localPath: path, realPath: path, root: path }) }],
        }),
      );
    expect(at('D:\\')).toContain('source-dangerous');
    expect(at('c:\\users\\ada')).toContain('source-dangerous');
    expect(at('c:\\users\\ada\\data')).toEqual([]);
    expect(at('\\\\server\\share')).toEqual(['file-sharing']);
  });

  it('warns of a single file and offers its folder', () => {
    const plan = withFacts({ stat: 'file' });
    const conflict = conflictOf(plan, 'single-file');
    expect(conflict).toMatchObject({
      severity: 'warning',
      fixes: [{ change: { kind: 'set-source', source: 'a:/', target: null } }],
    });
    expect(plan.runnable).toBe(true);
  });

  it('warns of symlinks that leave, with their number and examples', () => {
    const examples = [{ path: 'l', target: '/etc/passwd' }];
    const { message, severity } = conflictOf(
      withFacts({ leavingLinks: { count: 7, examples, complete: false } }),
      'source-symlinks-leave',
    );
    expect(severity).toBe('warning');
    expect(message).toContain('at least 7 symlinks');
    expect(message).toContain('“l” → /etc/passwd');
  });

  it('refuses rw on a read-only vfolder and on a folder that may not be written', () => {
    const vfolder = { id: 'a', name: 'a', permission: 'ro' as const, mountPath: null };
    const conflict = conflictOf(withFacts({ vfolder }, 'rw'), 'rw-on-read-only');
    expect(conflict).toMatchObject({ severity: 'error', fixes: [{ change: { kind: 'set-mode', mode: 'ro' } }] });
    expect(codes(withFacts({ vfolder }))).toEqual([]);
    expect(conflictOf(withFacts({ writable: false }), 'rw-on-read-only').severity).toBe('error');
  });

  it('says nothing of an output folder that is not there yet, and makes it', () => {
    const plan = planOf({});
    expect(plan.conflicts).toEqual([]);
    expect(plan.steps).toContainEqual(
      expect.objectContaining({ kind: 'make-host-directory', path: '/home/ada/Stowage/outputs/train' }),
    );
    const locked = sampleSource('outputs', 'train', { stat: 'missing', readable: false, writable: false });
    expect(conflictOf(planOf({ output: locked }), 'rw-on-read-only').severity).toBe('error');
    expect(planOf({ output: locked }).steps.some((step) => step.kind === 'make-host-directory')).toBe(false);
    const unborn = sampleSource('outputs', 'train', {
      vfolder: null,
      localPath: null,
      realPath: null,
      root: null,
      stat: 'missing',
    });
    expect(planOf({ output: unborn })).toMatchObject({ runnable: true, conflicts: [] });
  });
});

describe('overlaps', () => {
  const overlap = (outer: 'ro' | 'rw', inner: 'ro' | 'rw') =>
    planOf({
      mounts: [{ ...mount('a', '', '/x'), mode: outer }, { ...mount('a', 'b/c', '/y'), mode: inner }, mount('ab', '', '/z')],
    });

  it('refuses two writable mounts of overlapping files', () => {
    const conflict = conflictOf(overlap('rw', 'rw'), 'overlap-both-writable');
    expect(conflict).toMatchObject({ severity: 'error', mounts: [0, 1] });
    expect(conflict.fixes.map((fix) => fix.request)).toEqual([0, 1]);
  });

  it('warns when one is writable and is silent when none is', () => {
    expect(conflictOf(overlap('rw', 'ro'), 'overlap-mixed').severity).toBe('warning');
    expect(conflictOf(overlap('ro', 'rw'), 'overlap-mixed').severity).toBe('warning');
    expect(codes(overlap('ro', 'ro'))).toEqual([]);
  });

  it('sees overlaps through links to one place', () => {
    const linked = (name: string) => ({ facts: sampleSource(name, '', { kind: 'linked', realPath: '/srv/d', root: '/srv/d' }) });
    expect(conflictOf(planOf({ mounts: [linked('p'), linked('q')] }), 'overlap-both-writable').message).toContain(
      'the same files',
    );
  });

  it('finds a writable grandparent behind a read-only parent', () => {
    const mounts = [
      { ...mount('a', '', '/x'), mode: 'rw' as const },
      { ...mount('a', 'b', '/y'), mode: 'ro' as const },
      { ...mount('a', 'b/c', '/z'), mode: 'rw' as const },
    ];
    expect(conflictOf(planOf({ mounts }), 'overlap-both-writable').mounts).toEqual([0, 2]);
  });

  it('warns when a running job writes the same files', () => {
    const writers = [{ jobId: 7, jobName: 'other', vfolderId: 'id-a', path: 'b' }];
    const at = (inner: string, mode: 'ro' | 'rw') => codes(planOf({ mounts: [{ ...mount('a', inner), mode }], writers }));
    expect(conflictOf(planOf({ mounts: [mount('a')], writers }), 'other-job-writes').message).toContain('Job 7 “other”');
    expect(at('b/c', 'rw')).toEqual(['other-job-writes']);
    expect(at('c', 'rw')).toEqual([]);
    expect(at('b', 'ro')).toEqual([]);
  });
});

describe('the engine', () => {
  const one = [mount('a')];

  it('must be ready; another one is offered', () => {
    const conflict = conflictOf(
      planOf({ engine: { state: 'absent', message: 'Docker is not running.' }, otherEngines: ['process'] }),
      'engine-not-ready',
    );
    expect(conflict.message).toContain('Docker is not running.');
    expect(conflict.fixes).toMatchObject([{ change: { kind: 'set-engine', engine: 'process' } }]);
  });

  it('is warned of with SELinux, with file sharing, and with file systems below read-only mounts', () => {
    expect(conflictOf(planOf({ mounts: one, engine: { selinux: true } }), 'selinux').severity).toBe('warning');
    const mac = { facts: sampleSource('a', '', { realPath: '/opt/data', root: '/opt/data' }) };
    const plan = planOf({ mounts: [mac], machine: { platform: 'darwin' }, output: null });
    expect(conflictOf(plan, 'file-sharing').severity).toBe('warning');
    expect(plan.user).toBeNull();
    const below = [{ facts: sampleSource('a', '', { submounts: ['/home/ada/Stowage/a/usb'] }), mode: 'ro' as const }];
    expect(conflictOf(planOf({ mounts: below, engine: { kernel: '5.10.0-8-amd64' } }), 'submounts-writable').message).toContain(
      'usb',
    );
    expect(codes(planOf({ mounts: below, engine: { version: '20.10.24' } }))).toEqual(['submounts-writable']);
    expect(codes(planOf({ mounts: below }))).toEqual([]);
  });

  it('without a container takes targets below the working directory only, and none inside another', () => {
    const plan = planOf({
      engine: sampleProcess,
      otherEngines: ['docker'],
      mounts: [mount('a', '', '/data'), mount('b')],
      spec: { image: '' },
    });
    const conflict = conflictOf(plan, 'target-needs-container');
    expect(conflict).toMatchObject({ severity: 'error', mounts: [0] });
    expect(conflict.fixes.map((fix) => fix.change)).toEqual([
      { kind: 'set-target', target: '/home/work/a' },
      { kind: 'set-engine', engine: 'docker' },
    ]);
    const inside = planOf({ engine: sampleProcess, mounts: [mount('a'), mount('b', '', 'a/b')], spec: { image: '' } });
    expect(conflictOf(inside, 'target-needs-container').mounts).toEqual([0, 1]);
  });

  it('says which limits it does not keep, and that it has no images', () => {
    const engine = sampleProcess;
    const spec = { image: '' };
    expect(codes(planOf({ engine, spec: { ...spec, resources: { cpus: 1, memoryBytes: 1 } } }))).toEqual(['limits-not-kept']);
    expect(codes(planOf({ engine, spec: { ...spec, network: false } }))).toEqual(['limits-not-kept']);
    expect(codes(planOf({ engine, spec, mounts: [{ ...mount('a'), mode: 'ro' }] }))).toEqual(['read-only-not-kept']);
    expect(codes(planOf({ engine }))).toEqual(['image-unused']);
    expect(codes(planOf({ engine, spec: { ...spec, command: [] } }))).toEqual(['command-needed']);
  });

  it('needs an image, and a command where the image has none', () => {
    expect(codes(planOf({ spec: { image: ' ' } }))).toEqual(['image-needed']);
    expect(conflictOf(planOf({ image: 'missing' }), 'image-missing').severity).toBe('warning');
    expect(codes(planOf({ spec: { command: [] } }))).toEqual([]);
    expect(codes(planOf({ spec: { command: [] }, image: { ...sampleImage, command: [] } }))).toEqual(['command-needed']);
    expect(codes(planOf({ spec: { command: [''] } }))).toEqual(['command-needed']);
  });

  it('warns that outputs belong to root when the image runs as root', () => {
    const conflict = conflictOf(planOf({ spec: { user: 'image' } }), 'output-as-root');
    expect(conflict.fixes).toMatchObject([{ change: { kind: 'set-user', user: 'self' } }]);
    expect(codes(planOf({ spec: { user: 'image' }, image: { ...sampleImage, user: 'app:app' } }))).toEqual([]);
    expect(codes(planOf({ spec: { user: 'image' }, output: null }))).toEqual([]);
  });

  it('checks names of environment variables', () => {
    const env = [
      { name: '', value: '' },
      { name: 'A=B', value: '' },
      { name: 'a b', value: '' },
      { name: 'X', value: '1' },
      { name: 'X', value: '2' },
      { name: 'Y', value: '\0' },
    ];
    const plan = planOf({ spec: { env } });
    expect(plan.conflicts.map(({ code, severity }) => [code, severity])).toEqual([
      ['env-invalid', 'error'],
      ['env-invalid', 'error'],
      ['env-invalid', 'error'],
      ['env-invalid', 'warning'],
      ['env-invalid', 'warning'],
    ]);
    expect(plan.env).toContainEqual({ name: 'X', value: '2' });
  });
});

it('gives plans of the shape that the contract declares, errors first', () => {
  const plan = planOf({
    mounts: [mount('a', '', '/etc'), mount('a'), mount('b', 'f', '../x')],
    code: sampleSource('c'),
    image: 'missing',
  });
  expect(planSchema.parse(plan)).toEqual(plan);
  const severities = plan.conflicts.map((conflict) => conflict.severity);
  expect(severities).toEqual([...severities].sort());
});
