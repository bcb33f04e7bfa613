import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerNode, Plan } from '../contract/plan.ts';
import { planSchema } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { probesFor } from './layout.ts';
import { planJob } from './plan-job.ts';
import { sampleDocker, sampleProcess, sampleRequest, sampleSource } from './sample-request.ts';
import { isBelowOrSame } from './target.ts';
import type { ImagePathKind, InsideKind, PlanRequest, SourceFacts } from './types.ts';

const word = fc.constantFrom(
  'a',
  'b',
  'c',
  'data',
  'out',
  'code',
  'home',
  'work',
  'etc',
  '..',
  '.',
  '',
  '__proto__',
  'constructor',
);
const inner = fc.array(fc.constantFrom('a', 'b', 'c', 'constructor'), { maxLength: 3 }).map((words) => words.join('/'));
const target = fc.oneof(
  { weight: 6, arbitrary: fc.array(word, { maxLength: 4 }).map((words) => `/${words.join('/')}`) },
  { weight: 3, arbitrary: fc.array(word, { maxLength: 4 }).map((words) => words.join('/')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);
const mode = fc.constantFrom('ro' as const, 'rw' as const);
const approach = fc.constantFrom('share' as const, 'copy' as const, 'bake' as const);
const insideKind = fc.constantFrom<InsideKind>('missing', 'file', 'directory', 'symlink', 'special');
const imageKind = fc.constantFrom<ImagePathKind>('missing', 'file', 'empty-directory', 'directory');

const source: fc.Arbitrary<SourceFacts> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'data', '.x'),
    inner,
    stat: fc.constantFrom('directory' as const, 'directory' as const, 'file' as const, 'missing' as const, 'special' as const),
    readable: fc.boolean(),
    writable: fc.boolean(),
    permission: mode,
    mountPath: fc.option(target),
    path: fc.constantFrom('own', 'own', 'own', 'remote', '/', '/run', '/srv/elsewhere'),
    broken: fc.constantFrom(false, false, false, true),
    contents: fc.option(
      fc.record({ files: fc.constantFrom(0, 1, 5000), bytes: fc.constantFrom(0, 1e6, 9e8, 2e10, 5e12), complete: fc.boolean() }),
    ),
    cachedShare: fc.constantFrom(0, 0.5, 1),
  })
  .map(({ name, inner: path, permission, mountPath, broken, path: place, contents, cachedShare, ...rest }) =>
    sampleSource(name, path, {
      ...rest,
      contents: contents && { ...contents, newest: null },
      cached: { files: Math.floor((contents?.files ?? 0) * cachedShare), bytes: (contents?.bytes ?? 0) * cachedShare },
      vfolder: { id: `id-${name}`, name, permission, mountPath },
      ...(broken && { problem: { code: 'vfolder-missing' as const, message: 'There is no such vfolder.' } }),
      ...(place === 'remote' && {
        ...{ remote: true, remotePath: `store/${name}/${path}`, localPath: null, realPath: null, root: null },
        link: { latencyMs: 20, bytesPerSecond: 50e6 },
      }),
      ...(place.startsWith('/') && { realPath: place }),
    }),
  );

/** Requests with all facts that `probesFor` asks for, found at random. */
const request: fc.Arbitrary<PlanRequest> = fc
  .record({
    mounts: fc.array(
      fc.record({ facts: source, target: fc.option(target), mode: fc.option(mode), approach: fc.option(approach) }),
      { maxLength: 12 },
    ),
    links: fc.array(fc.record({ path: target, target }), { maxLength: 8 }),
    local: fc.constantFrom(true, true, false),
    platform: fc.constantFrom('linux', 'linux', 'darwin'),
    fuse: fc.boolean(),
    volumes: fc.boolean(),
    freeBytes: fc.constantFrom(0, 1e9, 1e12),
    code: fc.option(source),
    output: fc.option(source),
    automounts: fc.array(source, { maxLength: 2 }),
    workdir: fc.option(target),
    home: fc.option(target),
    dotfiles: fc.subarray(['.x', '.bashrc', '.aws/config', '.a/b/c', '.a/b/d']),
    secrets: fc.subarray(['KEY', 'TOKEN', 'a', '../x', '__proto__']),
    process: fc.boolean(),
    image: fc.constantFrom('known', 'missing', 'unknown'),
    insideKinds: fc.infiniteStream(insideKind),
    imageKinds: fc.infiniteStream(imageKind),
  })
  .map(({ mounts, links, code, output, workdir, process, image, insideKinds, imageKinds, automounts, ...place }) => {
    const { local, platform, fuse, freeBytes, volumes, home, dotfiles, secrets } = place;
    const draft = sampleRequest({
      mounts: mounts.map((mount) => ({
        // Every mount has facts of its own, as the core finds them.
        facts: { ...mount.facts },
        ...(mount.target !== null && { target: mount.target }),
        ...(mount.mode !== null && { mode: mount.mode }),
        ...(mount.approach !== null && { approach: mount.approach }),
      })),
      ...(code && { code }),
      output,
      automounts,
      engine: process ? sampleProcess : { ...sampleDocker, local },
      machine: {
        platform,
        volumes,
        fuse: { available: fuse, why: 'There is no rclone.' },
        disk: { freeBytes, cacheLimitBytes: 1e11, cacheUsedBytes: 1e9 },
      },
      spec: {
        links,
        ...(workdir !== null && { workdir }),
        env: [
          ...(home === null ? [] : [{ name: 'HOME', value: home }]),
          ...secrets.map((name) => ({ name, value: 'a secret value', secret: 'file' as const })),
        ],
      },
      dotfiles: dotfiles.map((path) => ({ path, mode: 0o600 })),
      ...(image !== 'known' && { image: image as 'missing' | 'unknown' }),
    });
    const probes = probesFor(draft);
    const next = <Value>(stream: Stream<Value>): Value => stream.next().value as Value;
    const found = (facts: SourceFacts): SourceFacts => ({
      ...facts,
      inside: Object.fromEntries((probes.inside.get(facts) ?? []).map((path) => [path, next(insideKinds)])),
    });
    const { sources } = draft;
    return {
      ...draft,
      image:
        typeof draft.image === 'string'
          ? draft.image
          : { ...draft.image, paths: Object.fromEntries(probes.image.map((path) => [path, next(imageKinds)])) },
      sources: {
        mounts: sources.mounts.map(found),
        code: sources.code && found(sources.code),
        output: sources.output && found(sources.output),
        automounts: sources.automounts.map(found),
      },
    };
  });
type Stream<Value> = IterableIterator<Value>;

const nodesOf = (node: ContainerNode): ContainerNode[] => [node, ...node.children.flatMap(nodesOf)];
const runs = { numRuns: 300 };
const always = (check: (plan: Plan, request: PlanRequest) => void): void =>
  fc.assert(
    fc.property(request, (one) => check(planJob(one), one)),
    runs,
  );

describe('every plan', () => {
  it('writes no path with two steps, on this machine or in the container', () => {
    always(({ steps }) => {
      const written = steps.map((step) =>
        step.kind === 'make-host-directory' ? `on ${step.path}` : `in ${'path' in step ? step.path : step.target}`,
      );
      expect(new Set(written).size).toBe(written.length);
    });
  });

  it('has each mount in the tree at most once, at its own target, and each valid target of a runnable plan exactly once', () => {
    always(({ tree, mounts, runnable }) => {
      const nodes = nodesOf(tree);
      expect(new Set(nodes.map((node) => node.path)).size).toBe(nodes.length);
      const mounted = nodes.filter((node) => node.kind === 'mount');
      for (const node of mounted) expect(mounts[node.mount ?? -1]?.target).toBe(node.path);
      expect(new Set(mounted.map((node) => node.mount)).size).toBe(mounted.length);
      if (runnable) expect(mounted.map((node) => node.path).sort()).toEqual(mounts.map((mount) => mount.target).sort());
    });
  });

  it('lays each file of a runnable plan exactly once, shows it, and never below a mount, a link or the working directory', () => {
    always(({ tree, steps, mounts, links, workdir, runnable }, { spec, dotfiles = [] }) => {
      const files = steps.flatMap((step) => (step.kind === 'lay-file' ? [step.path] : []));
      const baked = new Set(mounts.filter((mount) => mount.approach === 'bake').map((mount) => mount.target));
      const places = [
        ...mounts.map((mount) => mount.target).filter((place) => !baked.has(place)),
        ...links.map(({ path }) => path),
      ];
      for (const file of files) {
        for (const place of runnable ? places : []) expect(isBelowOrSame(file, place) || isBelowOrSame(place, file)).toBe(false);
        expect(isBelowOrSame(workdir, file)).toBe(false);
      }
      const shown = nodesOf(tree).flatMap((node) => (node.kind === 'file' ? [node.path] : []));
      for (const file of files) expect(shown).toContain(file);
      const secrets = spec.env.filter(({ secret }) => secret === 'file');
      if (runnable) expect(files).toHaveLength(dotfiles.length + secrets.length);
    });
  });

  it('has each link in the tree at most once, at its own path, and lays each link of a runnable plan exactly once', () => {
    always(({ tree, links, steps, runnable }) => {
      const linked = nodesOf(tree).filter((node) => node.link !== null);
      for (const node of linked) {
        expect(node).toMatchObject({ kind: 'link', mount: null, children: [], path: links[node.link ?? -1]?.path });
      }
      const made = steps.flatMap((step) => (step.kind === 'make-link' ? [{ path: step.path, target: step.target }] : []));
      for (const { path } of made) expect(linked.map((node) => node.path)).toContain(path);
      if (runnable) expect(made).toEqual(links);
    });
  });

  it('brings the files of each mount of a runnable plan in exactly one way, the one that it says', () => {
    always(({ mounts, steps, runnable }) => {
      if (!runnable) return;
      for (const [index, mount] of mounts.entries()) {
        const ways = steps.filter((step) => 'target' in step && step.kind !== 'make-link' && step.target === mount.target);
        const { approach: chosen } = mount;
        const isRemote = mount.localPath === null;
        const kind = chosen === 'copy' ? 'stage' : chosen === 'bake' ? 'bake' : isRemote ? 'mount-remote' : 'bind';
        expect(ways).toMatchObject([{ kind, ...(kind !== 'bind' && { mount: index }) }]);
        if (chosen === 'bake') expect(mount.mode).toBe('ro');
        expect(mount.options[0]?.approach).toBe(mount.recommended);
        expect(mount.options.find((option) => option.approach === chosen)).toMatchObject({ possible: true, cost: mount.cost });
      }
    });
  });

  it('is the same when its own targets and links are asked for', () => {
    always((plan, one) => {
      if (!plan.runnable) return;
      const mounts = one.spec.mounts.map((mount, index) => ({ ...mount, target: plan.mounts[index]?.target ?? '' }));
      const again = planJob({ ...one, spec: { ...one.spec, mounts, links: plan.links } });
      expect(again.links).toEqual(plan.links);
      expect(again.mounts.map((mount) => mount.target)).toEqual(plan.mounts.map((mount) => mount.target));
      expect(again.steps).toEqual(plan.steps);
      expect(again.tree).toEqual(plan.tree);
    });
  });

  it('without errors has no target twice, and only absolute normal targets outside the system', () => {
    always(({ mounts, runnable, steps }) => {
      if (!runnable) return;
      const targets = mounts.map((mount) => mount.target);
      expect(new Set(targets).size).toBe(targets.length);
      for (const path of targets) expect(path).toMatch(/^(\/(?!\.\.?(\/|$))[^/]+)+$/);
      expect(steps.filter((step) => step.kind === 'bind' && (step.source === '/' || step.source === '/run'))).toEqual([]);
    });
  });

  it('is runnable exactly when no conflict is an error, and points at mounts that exist', () => {
    always((plan, { spec }) => {
      expect(plan.runnable).toBe(plan.conflicts.every((conflict) => conflict.severity !== 'error'));
      for (const { mounts, fixes, message } of plan.conflicts) {
        for (const index of mounts) expect(plan.mounts[index]).toBeDefined();
        for (const fix of fixes) if (fix.request !== null) expect(spec.mounts[fix.request]).toBeDefined();
        expect(message).toMatch(/\.$/);
      }
    });
  });

  it('is the same for the same request, and of the declared shape', () => {
    always((plan, one) => {
      expect(planJob(one)).toEqual(plan);
      expect(planSchema.safeParse(plan).success).toBe(true);
    });
  });

  it('makes folders on this machine only in sources that may be changed', () => {
    always(({ steps }, { sources }) => {
      const all = [...sources.mounts, sources.code, sources.output, ...sources.automounts].filter((facts) => facts !== null);
      const changeable = all.filter((facts) => facts.writable && facts.vfolder?.permission === 'rw' && !facts.problem);
      for (const step of steps) {
        if (step.kind !== 'make-host-directory') continue;
        expect(
          changeable.some(({ realPath }) => realPath !== null && `${step.path}/`.startsWith(`${realPath}/`.replace('//', '/'))),
        ).toBe(true);
      }
    });
  });

  it('has fixes that can be applied', () => {
    always((plan, { spec }) => {
      for (const fix of plan.conflicts.flatMap((conflict) => conflict.fixes)) {
        expect(applyFix(spec, fix)).not.toBe(spec);
      }
    });
  });
});

it('moving every mount to the free target that is offered ends "same target twice"', () => {
  fc.assert(
    fc.property(request, (one) => {
      const twice = planJob(one).conflicts.filter((conflict) => conflict.code === 'target-twice');
      const moves = twice.flatMap((conflict) => conflict.fixes).filter((fix) => fix.change.kind === 'set-target');
      const spec = moves.reduce((current, fix) => applyFix(current, fix), one.spec);
      const left = planJob({ ...one, spec }).conflicts.filter((conflict) => conflict.code === 'target-twice');
      // What is left is between folders that the request cannot move (the same automount given twice).
      for (const conflict of left) expect(conflict.fixes.filter((fix) => fix.change.kind === 'set-target').length).toBe(0);
    }),
    runs,
  );
});

it('never throws, whatever the texts are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 8 }),
      fc.string({ unit: 'binary' }),
      (pairs, text) => {
        const mounts = pairs.map(([name, where]) => ({
          facts: sampleSource(name, where, { display: text, realPath: text, root: where }),
          target: where,
        }));
        const links = pairs.map(([path, to]) => ({ path: `/${path}`, target: to }));
        const spec = { workdir: text, command: [text], image: text, links, env: pairs.map(([name, value]) => ({ name, value })) };
        expect(planSchema.safeParse(planJob(sampleRequest({ mounts, spec }))).success).toBe(true);
      },
    ),
    runs,
  );
});

describe('200 mounts and 500 links', () => {
  /** The fastest of up to 100, until one is below 10: what the planner takes when nothing else holds the machine up. */
  const fastest = (many: PlanRequest): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 100 && best >= 10; run++) {
      const begin = performance.now();
      planJob(many);
      best = Math.min(best, performance.now() - begin);
    }
    return best;
  };
  const writers = Array.from({ length: 50 }, (_, index) => ({ jobId: index, jobName: 'x', vfolderId: `id-v${index}`, path: '' }));

  it('are planned within 10 ms', () => {
    const mounts = Array.from({ length: 200 }, (_, index) => ({
      facts: sampleSource(`v${index}`, 'a/b'),
      target: `/data/${index % 20}/x${index}`,
    }));
    const links = Array.from({ length: 500 }, (_, index) => ({
      path: `/srv/${index % 50}/l${index}`,
      target: `/data/${index % 20}/x${index % 200}/part`,
    }));
    const many = sampleRequest({ mounts, writers, spec: { links } });
    expect(planJob(many)).toMatchObject({ mounts: { length: 201 }, runnable: true });
    expect(fastest(many)).toBeLessThan(10);
  });

  it('that all clash are planned within 10 ms', () => {
    const mounts = Array.from({ length: 200 }, () => ({ facts: sampleSource('v1', 'a'), target: '/data' }));
    const links = Array.from({ length: 500 }, (_, index) => ({ path: `/l${index}`, target: `/l${(index + 1) % 500}/x` }));
    const many = sampleRequest({ mounts, writers, spec: { links } });
    expect(planJob(many).runnable).toBe(false);
    expect(fastest(many)).toBeLessThan(10);
  });
});
