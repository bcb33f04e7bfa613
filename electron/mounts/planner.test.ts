import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { sampleDocker, sampleProcess } from '#shared/plan/sample-request.ts';
import type { Writer } from '#shared/plan/types.ts';
import type { Engine } from '../engines/engine.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import { createPlanner, type Planner } from './planner.ts';

let scratch: string;
let files: string;
let planner: Planner;
let vfolders: Map<string, Partial<Vfolder>>;
let writers: Writer[];
let probed: string[][];

/** Vfolders are the folders of `files`, on a real local provider; `remote` lies in memory. */
function lookupOf(): VfolderLookup {
  const local = createLocalProvider(files);
  const memory = createMemoryProvider();
  const find = (name: string): Vfolder | null => {
    const known = vfolders.get(name);
    if (!known) return null;
    return {
      id: `id-${name}`,
      name,
      host: { id: 'h', name: 'Local', kind: 'local' },
      kind: 'managed',
      usage: 'general',
      permission: 'rw',
      note: '',
      mountPath: null,
      automount: name.startsWith('.'),
      localPath: path.join(files, name),
      place: name,
      broken: null,
      createdAt: 0,
      lastUsedAt: null,
      trashedAt: null,
      ...known,
    };
  };
  return {
    find,
    resolve: (name, inner) => {
      const vfolder = find(name);
      if (!vfolder) throw new StowageError('not-found', `There is no vfolder “${name}”.`);
      const parsed = parseInnerPath(inner);
      const root = name as InnerPath;
      return { vfolder, provider: name === 'remote' ? memory : local, root, path: joinPath(root, parsed), inner: parsed };
    },
    names: () => [...vfolders.keys()],
    automounts: () => [...vfolders.keys()].flatMap((name) => (name.startsWith('.') ? [find(name) as Vfolder] : [])),
    ensure: () => Promise.reject(new Error('a plan makes nothing')),
    touch: () => undefined,
  };
}

/** Only what a planner asks of an engine; every image has `/opt` with something in it. */
function enginesOf(): EngineRegistry {
  const unused = (): never => {
    throw new Error('a plan runs nothing');
  };
  const engine = (status: Engine['status'], id: Engine['id']): Engine => ({
    id,
    status,
    images: async () => [],
    inspectImage: async (reference) => {
      if (reference !== 'app') throw new StowageError('image-missing', `“${reference}” is not here.`);
      return { id: 'sha256:1', workdir: null, user: null, env: [], command: ['sh'], entrypoint: [] };
    },
    probeImage: async (_, paths) => {
      probed.push([...paths]);
      return Object.fromEntries(paths.map((one) => [one, one === '/opt' ? 'directory' : 'missing'] as const));
    },
    pull: unused,
    create: unused,
    start: unused,
    follow: unused,
    wait: unused,
    stop: unused,
    remove: unused,
    find: unused,
    close: async () => undefined,
  });
  const all = [engine(async () => sampleDocker, 'docker'), engine(async () => sampleProcess, 'process')];
  return { all: () => all, get: (id) => all.find((one) => one.id === id) as Engine, preferred: async () => 'docker' };
}

beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'stowage-plan-'));
  files = path.join(scratch, 'files');
  await mkdir(path.join(files, 'data/sub'), { recursive: true });
  await mkdir(path.join(files, 'other'));
  await mkdir(path.join(scratch, 'home'));
  await writeFile(path.join(files, 'data/a.csv'), 'x');
  vfolders = new Map([
    ['data', {}],
    ['other', {}],
    ['remote', {}],
  ]);
  writers = [];
  probed = [];
  planner = createPlanner({
    lookup: lookupOf(),
    engines: enginesOf(),
    writers: () => writers,
    home: path.join(scratch, 'home'),
    socketPaths: [path.join(scratch, 'engine.sock')],
  });
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const specOf = (changes: Partial<JobSpec> = {}): JobSpec => ({
  image: 'app',
  command: ['true'],
  mounts: [],
  env: [],
  resources: {},
  ...changes,
});
const codes = (plan: Plan): string[] => plan.conflicts.map((conflict) => conflict.code);
const planOf = (...sources: string[]): Promise<Plan> =>
  planner.plan(specOf({ mounts: sources.map((source) => ({ source })) }), 'train');

describe('a plan from real folders', () => {
  it('has every mount, the output that is not there yet, and no conflict', async () => {
    const plan = await planOf('data', 'other:/');
    expect(plan.conflicts).toEqual([]);
    expect(plan.mounts.map(({ source, target, localPath }) => [source, target, localPath])).toEqual([
      ['data:/', '/home/work/data', path.join(files, 'data')],
      ['other:/', '/home/work/other', path.join(files, 'other')],
      ['outputs:/train', '/home/work/out', null],
    ]);
    expect(plan.steps.filter((step) => step.kind === 'bind')).toHaveLength(2);
  });

  it('binds the output as soon as its vfolder is there, and makes its folder', async () => {
    vfolders.set('outputs', {});
    await mkdir(path.join(files, 'outputs'));
    const plan = await planOf();
    const out = path.join(files, 'outputs/train');
    expect(plan.conflicts).toEqual([]);
    expect(plan.steps).toContainEqual(expect.objectContaining({ kind: 'make-host-directory', path: out }));
    expect(plan.steps).toContainEqual({ kind: 'bind', source: out, target: '/home/work/out', readOnly: false });
  });

  it.each([
    ['nothing:/', 'vfolder-missing'],
    ['data:/../other', 'address-invalid'],
    ['data:/a//b', 'address-invalid'],
    ['a b', 'address-invalid'],
    ['\0', 'address-invalid'],
    ['/etc', 'address-invalid'],
    ['data:/gone', 'source-missing'],
    ['data:/a.csv/x', 'source-missing'],
    ['data:/a.csv', 'single-file'],
    ['remote', 'source-missing'],
  ])('tells %j as %s', async (source, code) => {
    expect(codes(await planOf(source))).toEqual([code]);
  });

  it('refuses an output in a vfolder that is not there, unless it is the default one', async () => {
    expect(codes(await planner.plan(specOf({ output: 'nothing:/x' }), 'train'))).toEqual(['vfolder-missing']);
    expect(codes(await planner.plan(specOf({ output: 'data:/a.csv' }), 'train'))).toEqual(['file-onto-folder']);
    vfolders.set('other', { permission: 'ro' });
    expect(codes(await planner.plan(specOf({ output: 'other:/new' }), 'train'))).toEqual(['rw-on-read-only']);
    expect((await planner.plan(specOf({ output: null }), 'train')).mounts).toEqual([]);
  });

  it('takes a folder of this machine as code, and refuses dangerous ones, also through symlinks', async () => {
    const code = (source: string) => planner.plan(specOf({ code: { source } }), 'train');
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(path.join(scratch, 'engine.sock'), resolve));
    await symlink(path.join(scratch, 'engine.sock'), path.join(scratch, 'innocent.sock'));
    await symlink('/', path.join(scratch, 'innocent'));
    await symlink(path.join(scratch, 'home'), path.join(scratch, 'innocent-home'));
    try {
      expect((await code(path.join(files, 'data'))).workdir).toBe('/home/work/code');
      expect(codes(await code(path.join(files, 'data')))).toEqual([]);
      for (const source of ['/', '/run', scratch, 'innocent', 'innocent.sock', 'innocent-home', 'home', 'engine.sock']) {
        expect(codes(await code(path.resolve(scratch, source))), source).toEqual(['source-dangerous']);
      }
      expect(codes(await code(path.join(scratch, 'gone')))).toEqual(['source-missing']);
    } finally {
      server.close();
    }
  });

  it('refuses a symlink in a vfolder that leads out of it, and a vfolder that was replaced by one', async () => {
    await symlink(path.join(files, 'other'), path.join(files, 'data/link'));
    expect(codes(await planOf('data:/link'))).toEqual(['source-outside-roots']);
    await rm(path.join(files, 'other'), { recursive: true });
    await symlink('/usr/share', path.join(files, 'other'));
    expect(codes(await planOf('other'))).toEqual(['source-outside-roots']);
  });

  it('warns of symlinks that leave, and of what the image holds', async () => {
    await symlink('/etc/passwd', path.join(files, 'data/sub/l'));
    const plan = await planner.plan(specOf({ mounts: [{ source: 'data', target: '/opt' }] }), 'train');
    expect(codes(plan).sort()).toEqual(['source-symlinks-leave', 'target-hides-image']);
    expect(plan.runnable).toBe(true);
  });

  it('looks inside a parent for the place of a nested mount', async () => {
    const nested = (target: string) =>
      planner.plan(
        specOf({
          mounts: [
            { source: 'data', mode: 'ro' },
            { source: 'other', target },
          ],
        }),
        'train',
      );
    expect((await nested('data/sub')).conflicts).toEqual([]);
    const missing = await nested('data/new');
    expect(codes(missing)).toEqual(['nested-read-only-parent']);
    expect(missing.steps[0]).toMatchObject({ kind: 'make-host-directory', path: path.join(files, 'data/new') });
    expect(codes(await nested('data/a.csv'))).toEqual(['folder-onto-file']);
  });

  it('mounts automount vfolders and knows who else writes', async () => {
    vfolders.set('.cache', { permission: 'ro' });
    await mkdir(path.join(files, '.cache'));
    writers = [{ jobId: 3, jobName: 'x', vfolderId: 'id-data', path: '' }];
    const plan = await planOf('data');
    expect(plan.mounts.map((mount) => [mount.target, mount.mode])).toContainEqual(['/home/work/.cache', 'ro']);
    expect(codes(plan)).toEqual(['other-job-writes']);
  });

  it('asks the image again only for paths of which it cannot know', async () => {
    const at = (target: string) => planner.plan(specOf({ mounts: [{ source: 'data', target }] }), 'train');
    await planOf('data');
    await planOf('data', 'other');
    await at('/home/somewhere/else');
    await at('/srv');
    await at('/srv/below/it');
    await at('/opt/x');
    expect(probed).toEqual([['/home', '/home/work', '/home/work/data', '/home/work/out'], ['/srv'], ['/opt', '/opt/x']]);
  });

  it('previews by the name in the spec, tells a missing image, and takes a job name that is no file name', async () => {
    const preview = async (spec: JobSpec) => planner.service.preview({ spec }, {});
    const plan = await preview(specOf({ name: '../x', image: 'gone' }));
    expect(codes(plan as Plan)).toEqual(['image-missing']);
    expect(plan.mounts[0]?.source).toBe('outputs:/-x');
  });
});
