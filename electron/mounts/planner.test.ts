import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { sampleDocker, sampleProcess } from '#shared/plan/sample-request.ts';
import type { Writer } from '#shared/plan/types.ts';
import type { Engine } from '../engines/engine.ts';
import { listingsIn } from '../listings/listings.fixture.ts';
import type { EngineRegistry, VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createPlanner, type Planner, type PlannerOptions } from './planner.ts';

let scratch: string;
let files: string;
let planner: Planner;
let vfolders: Map<string, Partial<Vfolder>>;
let writers: Writer[];
let probed: string[][];
let memory: StorageProvider;

/** Vfolders are the folders of `files`, on a real local provider; `remote` lies in memory. */
function lookupOf(): VfolderLookup {
  const local = createLocalProvider(files);
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
      return { id: 'sha256:1', digests: [], workdir: null, user: null, env: [], command: ['sh'], entrypoint: [] };
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
  const get = (id: Engine['id']): Engine => all.find((one) => one.id === id) as Engine;
  return {
    used: () => all,
    get,
    status: (id) => get(id).status(),
    ready: async () => ['docker', 'process'],
    preferred: async () => 'docker',
  };
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
  memory = createMemoryProvider();
  planner = plannerOf({});
});
afterEach(async () => {
  planner.close();
  await rm(scratch, { recursive: true, force: true });
});

const plannerOf = (changes: Partial<PlannerOptions>): Planner =>
  createPlanner({
    lookup: lookupOf(),
    engines: enginesOf(),
    listings: listingsIn(scratch),
    writers: () => writers,
    home: path.join(scratch, 'home'),
    socketPaths: [path.join(scratch, 'engine.sock')],
    ...changes,
  });

const specOf = (changes: Partial<JobSpec> = {}): JobSpec => ({
  image: 'app',
  command: ['true'],
  mounts: [],
  env: [],
  resources: {},
  ...changes,
});
const codes = (plan: Plan): string[] => plan.conflicts.map((conflict) => conflict.code);
/** What comes of work while time passes that is not waited for. */
async function timePasses<T>(work: Promise<T>): Promise<T> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  while (!ended) {
    await vi.advanceTimersByTimeAsync(100);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  }
  return work;
}

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

describe('a plan with remote folders', () => {
  const put = (name: string, size: number) => memory.write(`remote/${name}` as InnerPath, Readable.from([Buffer.alloc(size)]));
  const remotePlan = (changes: Partial<JobSpec> = {}, asked: Planner = planner): Promise<Plan> =>
    asked.plan(specOf({ mounts: [{ source: 'remote', mode: 'ro' }], output: null, ...changes }), 'train');

  beforeEach(async () => {
    await put('a', 1000);
    await put('sub/b', 500);
  });

  it('copies them, with what they hold and what is free', async () => {
    const plan = await remotePlan();
    expect(plan).toMatchObject({ runnable: true, conflicts: [], cost: { moveFiles: 2, moveBytes: 1500, complete: true } });
    expect(plan.cost.diskFreeBytes).toBeGreaterThan(0);
    expect(plan.cost.seconds).toBeLessThan(1);
    expect(plan.mounts[0]).toMatchObject({ approach: 'copy', localPath: null, cost: { files: 2, bytes: 1500 } });
    expect(plan.steps).toContainEqual(expect.objectContaining({ kind: 'stage', mount: 0, target: '/home/work/remote' }));
  });

  it('puts into an image what takes long to count, once it is counted', async () => {
    const { list } = memory;
    vi.spyOn(memory, 'list').mockImplementation(async function* (...call) {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      yield* list(...call);
    });
    const mounts: JobSpec['mounts'] = [{ source: 'remote', mode: 'ro', approach: 'bake' }];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await timePasses(planner.plan(specOf({ mounts, output: null }), null))).toMatchObject({ runnable: false });
    const plan = await timePasses(remotePlan({ mounts }));
    expect(plan.runnable).toBe(true);
    expect(plan.steps).toContainEqual(expect.objectContaining({ kind: 'bake' }));
  });

  it('knows what is cached, whether they can be mounted, and how much the cache may hold', async () => {
    const given = plannerOf({
      cachedShare: (vfolderId, inner) =>
        vfolderId === 'id-remote' && inner === '' ? { files: 1, bytes: 1000 } : { files: 0, bytes: 0 },
      fuseStatus: async (engine) => ({ available: engine.kind === 'docker', why: null }),
      mountRefusal: (host) => (host === 'h' ? null : 'not that one'),
      cacheLimits: async () => ({ freeBytes: 1e9, limitBytes: 1200, usedBytes: 1000 }),
      linkOf: () => ({ latencyMs: 1000, bytesPerSecond: 1 }),
    });
    const plan = await remotePlan({}, given);
    const [share, copy] = plan.mounts[0]?.options ?? [];
    expect(share).toMatchObject({ approach: 'share', possible: true });
    expect(copy).toMatchObject({ approach: 'copy', possible: false, cost: { moveBytes: 500 } });
    expect(copy?.cost?.seconds).toBeGreaterThan(500);
    expect(copy?.reason).toContain('the cache may hold 1.2 KB');
    given.close();
  });

  it('is planned all the same when what it asks fails', async () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    const plan = await remotePlan(
      {},
      plannerOf({ fuseStatus: broken, cacheLimits: broken, cachedShare: broken, mountRefusal: broken }),
    );
    expect(plan).toMatchObject({ runnable: true, cost: { diskFreeBytes: null } });
    expect(plan.mounts[0]?.options.find((option) => option.approach === 'share')).toMatchObject({ possible: false });
  });

  it('does not let a preview wait for a host that is silent, and hears it at the start', async () => {
    const silence = Promise.withResolvers<void>();
    const stat = memory.stat.bind(memory);
    memory.stat = async (...question) => {
      await silence.promise;
      return stat(...question);
    };
    const spec = specOf({ mounts: [{ source: 'remote:/gone' }, { source: 'remote:/sub', target: 'x' }], output: null });
    const begun = performance.now();
    const preview = (await planner.service.preview({ spec }, {})) as Plan;
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(preview).toMatchObject({ runnable: true, conflicts: [], cost: { complete: false, seconds: null } });
    const started = planner.plan(spec, 'train');
    silence.resolve();
    expect(codes(await started)).toEqual(['source-missing']);
    const heard = (await planner.service.preview({ spec }, {})) as Plan;
    expect(heard.mounts[1]).toMatchObject({ cost: { files: 1, bytes: 500, complete: true } });
  });

  it('tells in words that a host does not answer', async () => {
    memory.stat = () => Promise.reject(new StowageError('host-unreachable', 'The host “store” does not answer.'));
    const plan = await remotePlan();
    expect(plan.conflicts).toMatchObject([{ code: 'source-unreadable', message: 'The host “store” does not answer.' }]);
  });

  it('looks on the host for the place of a mount inside', async () => {
    const nested = (target: string) =>
      remotePlan({
        mounts: [
          { source: 'remote', mode: 'ro' },
          { source: 'other', target },
        ],
      });
    expect((await nested('remote/sub')).conflicts).toEqual([]);
    expect(codes(await nested('remote/new'))).toEqual(['nested-read-only-parent']);
    expect(codes(await nested('remote/a'))).toEqual(['folder-onto-file']);
  });

  it('takes an output on a host that is not there yet', async () => {
    const plan = await planner.plan(specOf({ output: 'remote:/results/1' }), 'train');
    expect(plan).toMatchObject({ runnable: true, conflicts: [], mounts: [{ role: 'output', approach: 'copy', mode: 'rw' }] });
    expect(plan.steps).toContainEqual(expect.objectContaining({ kind: 'stage', readOnly: false, target: '/home/work/out' }));
  });
});

describe('links', () => {
  it('are judged by what the image holds, and on this machine by what that has', async () => {
    const links = [{ path: '/opt', target: '/home/work/data' }];
    const mounts = [{ source: 'data' }];
    const onDocker = await planner.plan(specOf({ mounts, links, output: null }), 'train');
    expect(codes(onDocker)).toEqual(['link-exists']);
    expect(probed).toEqual([['/home', '/home/work', '/home/work/data', '/opt']]);
    const here = [{ path: path.join(files, 'data'), target: '/home/work/data' }];
    // `absoluteTargets` of the sample engine is off: what is below the working directory is all that it can place.
    const onProcess = await planner.plan(specOf({ engine: 'process', image: '', mounts, links: here, output: null }), 'train');
    expect(codes(onProcess)).toEqual(['target-needs-container']);
    const isolated = { ...sampleProcess, absoluteTargets: true };
    const engines = enginesOf();
    const given = plannerOf({ engines: { ...engines, status: async () => isolated } });
    const seen = await given.plan(specOf({ engine: 'process', image: '', mounts, links: here, output: null }), 'train');
    expect(codes(seen)).toEqual(['link-exists']);
    const free = [{ path: path.join(files, 'free'), target: '/home/work/data' }];
    expect(codes(await given.plan(specOf({ engine: 'process', image: '', mounts, links: free, output: null }), 'train'))).toEqual(
      [],
    );
    given.close();
  });
});
