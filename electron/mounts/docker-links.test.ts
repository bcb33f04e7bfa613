import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkScript } from '#shared/plan/link-script.ts';
import { codes, type DockerBench, openDockerBench, planOf } from './docker.fixture.ts';

/** What a person's own `ln -s` does in a container at its start, where the planner refuses or lays the link. */

let bench: DockerBench;
beforeAll(async () => {
  bench = await openDockerBench();
});
afterAll(() => bench.close());

const link = (at: string, target: string) => ({ path: at, target });
const folderWith = async (name: string, ...files: string[]): Promise<string> => {
  const folder = await bench.folder(name);
  for (const file of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), `${file}\n`);
  }
  return folder;
};
const sh = (script: string): string[] => ['sh', '-ec', script];

describe('symlinks that a plan lays', () => {
  it('gather several sources under one parent, as the script does', async () => {
    const [a, b] = [await folderWith('a', 'one'), await folderWith('b', 'two')];
    const links = [link('/opt/all/a', '/data/a'), link('/opt/all/b', '/data/b')];
    const see =
      'test "$(cat /opt/all/a/one)" = one && test "$(cat /opt/all/b/two)" = two && test "$(readlink /opt/all/a)" = /data/a';
    const mounts = ['a', 'b'].map((name) => ({ facts: bench.facts(name), target: `/data/${name}`, mode: 'ro' as const }));
    const there = { '/data': 'missing', '/opt': 'missing', '/opt/all': 'missing' } as const;
    const plan = planOf(mounts, links, { ...there, '/opt/all/a': 'missing', '/opt/all/b': 'missing' });
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(await bench.carryOut(plan, sh(see))).toBe(0);
    const binds = [
      { source: a, target: '/data/a' },
      { source: b, target: '/data/b' },
    ];
    expect(await bench.run(binds, sh(`${linkScript(links)}${see}`))).toBe(0);
  });

  it('give a source a place that the mount syntax cannot give', async () => {
    await folderWith('named', 'run-7/final.bin');
    const links = [link('/opt/a:b,c/weights bin', '/home/work/named/run-7/final.bin')];
    const plan = planOf([{ facts: bench.facts('named'), mode: 'ro' }], links);
    expect(plan.runnable).toBe(true);
    expect(await bench.carryOut(plan, sh('grep -q final "/opt/a:b,c/weights bin"'))).toBe(0);
  });

  it('split one source over several places', async () => {
    await folderWith('split', 'train/x', 'labels.csv');
    const links = [link('/home/work/input', '/home/work/split/train'), link('/labels', '/home/work/split/labels.csv')];
    const plan = planOf([{ facts: bench.facts('split'), mode: 'ro' }], links);
    expect(await bench.carryOut(plan, sh('grep -q train input/x && grep -q labels /labels'))).toBe(0);
  });
});

describe('symlinks that the planner refuses', () => {
  /** The exit code when a person's command makes the links, with a folder mounted at `/d`. */
  const byHand = async (name: string, mode: 'ro' | 'rw', links: ReturnType<typeof link>[], see = 'true'): Promise<number> =>
    bench.run([{ source: await bench.folder(name), target: '/d', readOnly: mode === 'ro' }], sh(`${linkScript(links)}${see}`));
  const planned = (name: string, mode: 'ro' | 'rw', links: ReturnType<typeof link>[]): string[] =>
    codes(planOf([{ facts: bench.facts(name), target: '/d', mode }], links));

  it('where a mount is: the link ends inside of the mount, in its source', async () => {
    const links = [link('/d', '/tmp')];
    expect(await byHand('at-mount', 'rw', links, 'test ! -L /d && test -L /d/tmp')).toBe(0);
    expect((await lstat(path.join(bench.scratch, 'at-mount/tmp'))).isSymbolicLink()).toBe(true);
    expect(planned('at-mount', 'rw', links)).toEqual(['link-on-mount']);
  });

  it('inside a read-only mount: it cannot be made; inside a writable one it stays in the source', async () => {
    const links = [link('/d/l', '/tmp')];
    expect(await byHand('inside', 'ro', links)).not.toBe(0);
    expect(planned('inside', 'ro', links)).toEqual(['link-in-read-only']);
    expect(await byHand('inside', 'rw', links)).toBe(0);
    expect(await readdir(path.join(bench.scratch, 'inside'))).toEqual(['l']);
    expect(planned('inside', 'rw', links)).toEqual(['link-in-read-only']);
  });

  it('in a circle: it can be made and never followed', async () => {
    const links = [link('/x', '/y'), link('/y', '/x')];
    expect(await byHand('circle', 'ro', links)).toBe(0);
    expect(await byHand('circle', 'ro', links, 'cat /x 2>&1 | grep -q "Symbolic link loop\\|Too many levels"')).toBe(0);
    expect(planned('circle', 'ro', links)).toEqual(['link-cycle', 'link-cycle']);
  });

  it('where the image has something: there is an error, or a link inside of the folder', async () => {
    expect(await byHand('there', 'ro', [link('/bin/sh', '/d')])).not.toBe(0);
    expect(await byHand('there', 'ro', [link('/tmp', '/d')], 'test ! -L /tmp && test -L /tmp/d')).toBe(0);
    const plan = planOf([{ facts: bench.facts('there'), target: '/d' }], [link('/tmp', '/d')], { '/tmp': 'empty-directory' });
    expect(codes(plan)).toEqual(['link-exists']);
  });

  it('twice at one path: the second ends inside of what the first leads to', async () => {
    const links = [link('/x', '/d'), link('/x', '/tmp')];
    expect(await byHand('twice', 'rw', links, 'test "$(readlink /x)" = /d && test -L /d/tmp')).toBe(0);
    expect(planned('twice', 'rw', links)).toEqual(['link-twice']);
  });

  it('with a relative target: it leads somewhere else than it seems to', async () => {
    const links = [link('/opt/x', 'd')];
    expect(await byHand('relative', 'ro', links, 'test ! -e /opt/x && test -d /d')).toBe(0);
    expect(planned('relative', 'ro', links)).toEqual(['link-invalid']);
  });

  it('to nothing: it is made, warned of, and leads nowhere', async () => {
    const links = [link('/x', '/none')];
    const plan = planOf([], links, { '/none': 'missing' });
    expect(codes(plan)).toEqual(['link-dangling']);
    expect(await bench.carryOut(plan, sh('test -L /x && test ! -e /x'))).toBe(0);
  });
});
