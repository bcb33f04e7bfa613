import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type EngineName, type JobsFixture, openJobs, scriptJob } from '../jobs/jobs.fixture.ts';

let home: string;
let jobs: JobsFixture;
let data: string;
const open = async (engine: EngineName = 'process'): Promise<void> => {
  jobs = openJobs(home, engine);
  await jobs.start();
  data = (await jobs.lookup.ensure('data', { usage: 'data', note: '' })).localPath ?? '';
  mkdirSync(join(data, 'set'), { recursive: true });
};
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stowage-provenance-'));
  await open();
});
afterEach(async () => {
  await jobs.quit();
  rmSync(home, { recursive: true, force: true });
});

const put = (path: string, text: string): void => writeFileSync(join(data, path), text);
const run = async (
  script: string,
  more: Parameters<typeof scriptJob>[2] = {},
  engine: EngineName = 'process',
): Promise<number> => {
  const { id } = await jobs.service.run({ spec: scriptJob(engine, script, { output: null, ...more }) }, {});
  await jobs.ended(id);
  return id;
};
const reading = { mounts: [{ source: 'data:/set', target: 'set', mode: 'ro' as const }] };
const inputs = (id: number) => jobs.provenance.service.inputs({ id }, {});
const changes = (id: number) => jobs.provenance.service.changes({ id }, {});
const lists = (): string[] => readdirSync(join(home, 'manifests')).filter((name) => name !== 'work');

it('notes what a job got before its record is final, and tells what changed since', async () => {
  put('set/a.csv', '1,2');
  put('set/b.csv', '3');
  const id = await run('true', reading);
  const [mount] = (await inputs(id)).mounts;
  expect(mount).toMatchObject({
    source: 'data:/set',
    target: '/home/work/set',
    state: 'complete',
    method: 'content',
    files: 2,
    bytes: 4,
  });
  expect(mount?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect((await changes(id)).mounts).toMatchObject([
    { reason: null, changes: { added: 0, removed: 0, changed: 0, unchanged: 2 } },
  ]);

  put('set/a.csv', '1,3');
  put('set/c.csv', 'new');
  rmSync(join(data, 'set', 'b.csv'));
  expect((await changes(id)).mounts[0]?.changes).toEqual({
    ...{ added: 1, removed: 1, changed: 1, unsure: 0, unchanged: 0 },
    files: [
      { path: 'a.csv', change: 'changed', before: 3, after: 3 },
      { path: 'b.csv', change: 'removed', before: 1, after: null },
      { path: 'c.csv', change: 'added', before: null, after: 3 },
    ],
  });
  rmSync(join(data, 'set'), { recursive: true });
  expect((await changes(id)).mounts[0]).toMatchObject({ changes: null, reason: expect.stringContaining('does not exist') });
});

it('notes what a folder was before the job changed it', async () => {
  put('set/a', 'before');
  const id = await run('echo after > set/a; echo more > set/b', { mounts: [{ source: 'data:/set', target: 'set', mode: 'rw' }] });
  expect((await inputs(id)).mounts[0]).toMatchObject({ state: 'complete', reason: null, files: 1, bytes: 6 });
  expect((await changes(id)).mounts[0]?.changes).toMatchObject({ changed: 1, added: 1 });
});

it('runs again with the same inputs only while they are the same', async () => {
  put('set/a', 'one');
  const id = await run('true', { ...reading, name: 'train' });
  const again = await jobs.service.rerun({ id, inputs: 'same' }, {});
  await jobs.ended(again.id);
  expect((await inputs(again.id)).mounts[0]?.digest).toBe((await inputs(id)).mounts[0]?.digest);
  put('set/b', 'two');
  await expect(jobs.service.rerun({ id, inputs: 'same' }, {})).rejects.toMatchObject({
    code: 'precondition-failed',
    message: 'Job 1 “train” cannot be run again with the same inputs: data:/set: 1 file added.',
  });
  const newest = await jobs.service.rerun({ id }, {});
  await jobs.ended(newest.id);
  const compared = await jobs.provenance.service.compare({ first: id, second: newest.id }, {});
  expect(compared.inputs).toMatchObject([{ target: '/home/work/set', changes: { added: 1, unchanged: 1 }, reason: null }]);
  expect(compared.fields.filter(({ same }) => !same).map(({ name }) => name)).toContain('/home/work/set');
  expect(compared.fields.find(({ name }) => name === 'Command')).toMatchObject({ same: true });
});

it('keeps one list for equal inputs, and drops it with the last job that had them', async () => {
  put('set/a', 'one');
  const [first, second] = [await run('true', reading), await run('true', reading)];
  expect(lists()).toHaveLength(1);
  await jobs.service.remove({ id: first }, {});
  expect(lists()).toHaveLength(1);
  await jobs.service.remove({ id: second }, {});
  expect(lists()).toEqual([]);
});

it('compares outputs by their content', async () => {
  const work = (text: string) => run(`echo ${text} > out/result; echo same > out/log`, { output: undefined });
  const [first, second] = [await work('12'), await work('21')];
  const { outputs } = await jobs.provenance.service.compare({ first, second }, {});
  expect(outputs?.changes).toMatchObject({
    ...{ changed: 1, unchanged: 1, added: 0, removed: 0 },
    files: [{ path: 'result', change: 'changed' }],
  });
});

it('notes the commit of the code, a path of this machine, and what is not committed', async () => {
  const code = mkdtempSync(join(tmpdir(), 'stowage-code-'));
  onTestFinished(() => rmSync(code, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', code, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(code, 'run.sh'), 'true\n');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  writeFileSync(join(code, 'notes'), '');
  const id = await run('sh run.sh', { code: { source: code } });
  const [mount] = (await inputs(id)).mounts;
  expect(mount).toMatchObject({
    role: 'code',
    source: code,
    state: 'complete',
    // Not what Git keeps for itself.
    files: 2,
    git: { branch: 'main', modified: 0, untracked: 1 },
  });
  writeFileSync(join(code, 'run.sh'), 'false\n');
  expect((await changes(id)).mounts[0]).toMatchObject({ changes: { changed: 1 }, git: { modified: 1 } });
});

it('lists what a running job reads after a restart, and says what it cannot know any more', async () => {
  put('set/a', 'one');
  await jobs.lookup.ensure('mine', { usage: 'data', note: '' });
  const spec = scriptJob('process', 'until [ -e mine/go ]; do sleep 0.05; done', {
    output: null,
    mounts: [...reading.mounts, { source: 'mine:/', target: 'mine', mode: 'rw' }],
  });
  const { id } = await jobs.service.run({ spec }, {});
  await jobs.until(id, ({ state }) => state === 'running');
  // As a crash before they were listed leaves it.
  jobs.database.run("UPDATE job_inputs SET state = 'listing', digest = NULL WHERE job_id = ?", id);
  await jobs.quit();
  await open();
  writeFileSync(join(jobs.lookup.find('mine')?.localPath ?? '', 'go'), '');
  await jobs.ended(id);
  expect((await inputs(id)).mounts).toMatchObject([
    { source: 'data:/set', state: 'complete', files: 1 },
    { source: 'mine:/', state: 'partial', reason: 'It was listed while the job could change it.' },
  ]);
  await expect(jobs.service.rerun({ id, inputs: 'same' }, {})).rejects.toMatchObject({ code: 'precondition-failed' });
});

it('notes the image that a job ran in', async () => {
  await jobs.quit();
  await open('docker');
  const id = await run('true', {}, 'docker');
  const { image } = await inputs(id);
  expect(image).toMatchObject({ reference: 'busybox:local', id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), digests: [] });
  expect((await changes(id)).image).toEqual({ changed: false, id: image?.id, reason: null });
  jobs.database.run('UPDATE jobs SET input_image = ?', JSON.stringify({ ...image, id: 'sha256:other' }));
  expect((await changes(id)).image.changed).toBe(true);
  await expect(jobs.service.rerun({ id, inputs: 'same' }, {})).rejects.toMatchObject({
    message: expect.stringContaining('its image is another one now'),
  });
});
