import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentVariable, JobSpec } from '#shared/contract/plan.ts';
import { secretMarker } from '#shared/jobs/secret-variables.ts';
import { type EngineName, type JobsFixture, openJobs, scriptJob } from './jobs.fixture.ts';

const token = 'tok-5fJ2/x+q=9 Zé';
const pass = 'correct horse battery';
const env: EnvironmentVariable[] = [
  { name: 'API_TOKEN', value: token, secret: 'env' },
  { name: 'DB_PASS', value: pass, secret: 'file' },
  { name: 'PLAIN', value: 'seen' },
];
/** Shows that the job has both: their lengths, and the second in two pieces. */
const script = `
  printf '%s %s\\n' "$PLAIN" "$API_TOKEN"
  head -c 7 "$DB_PASS_FILE"; sleep 0.2; tail -c +8 "$DB_PASS_FILE"; echo
  echo "\${#API_TOKEN} $(wc -c < "$DB_PASS_FILE") $(stat -c %a "$DB_PASS_FILE") \${DB_PASS:-unset} \${DB_PASS_FILE##*/}"`;

/** Every file below a folder that holds one of the texts, in any form in which it could be read. */
function holding(folder: string, texts: readonly string[]): string[] {
  const forms = texts.flatMap((text) => [text, encodeURIComponent(text), Buffer.from(text).toString('base64')]);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    });
}

describe.each<EngineName>(['docker', 'process'])('secrets on %s', (name) => {
  let home: string;
  let jobs: JobsFixture;
  beforeEach(async () => {
    home = mkdtempSync('/tmp/stowage-secrets-');
    jobs = openJobs(home, name);
    await jobs.start();
  });
  afterEach(async () => {
    await jobs.quit();
    rmSync(home, { recursive: true, force: true });
  });
  const text = async (id: number): Promise<string> => (await jobs.log(id)).map((chunk) => chunk.text).join('');
  const run = async (spec: JobSpec) => {
    const { id } = await jobs.service.run({ spec }, {});
    await jobs.ended(id);
    return jobs.service.get({ id }, {});
  };
  const expected = `seen ${'*'.repeat(Buffer.byteLength(token))}\n${'*'.repeat(pass.length)}\n`;

  it('reach the job, and are in no answer, no log and no file afterwards', async () => {
    const spec = scriptJob(name, script, { env });
    const plan = await jobs.preview(spec);
    const done = await run(spec);
    expect(done.problem).toBeNull();
    const log = await text(done.id);
    expect(log.startsWith(expected)).toBe(true);
    // A shell counts characters or bytes.
    expect(log.slice(expected.length)).toMatch(new RegExp(`^1[78] ${pass.length} 600 unset DB_PASS\\n$`));
    for (const answer of [plan, done]) {
      expect(JSON.stringify(answer)).not.toContain(token);
      expect(JSON.stringify(answer)).not.toContain(pass);
    }
    const kept = done.spec.env.map(({ name, value, secret }) => ({ name, value, secret }));
    expect(kept).toEqual([
      { name: 'API_TOKEN', value: secretMarker, secret: 'env' },
      { name: 'DB_PASS', value: secretMarker, secret: 'file' },
      { name: 'PLAIN', value: 'seen', secret: undefined },
    ]);
    // What the engine has of the job goes right after its end.
    await expect.poll(async () => (await jobs.engine.find()).length).toBe(0);
    expect(holding(home, [token, pass])).toEqual([]);
  });

  it('are kept for a rerun and for a changed copy, also over a restart, and go with the last job that has them', async () => {
    const first = await run(scriptJob(name, script, { env }));
    await jobs.quit();
    jobs = openJobs(home, name);
    await jobs.start();
    const again = await jobs.service.rerun({ id: first.id }, {});
    await jobs.ended(again.id);
    expect(await text(again.id)).toBe(await text(first.id));
    // One of them written anew, the other as it was.
    const changed = first.spec.env.map((one) =>
      one.name === 'API_TOKEN' ? { name: one.name, value: 'another-token', secret: 'env' as const } : one,
    );
    const copy = await run(scriptJob(name, 'printf "$API_TOKEN" | wc -c; cat "$DB_PASS_FILE"', { env: changed }));
    expect(await text(copy.id)).toBe(`13\n${'*'.repeat(pass.length)}`);

    for (const id of [first.id, again.id]) await jobs.service.remove({ id }, {});
    expect((await run(copy.spec)).exitCode).toBe(0);
    const count = () => jobs.database.get<{ count: number }>('SELECT count(*) AS count FROM job_secrets')?.count;
    expect(count()).toBe(2);
    for (const { id } of await jobs.service.list(undefined, {})) await jobs.service.remove({ id }, {});
    expect(count()).toBe(0);
    await expect(jobs.service.run({ spec: first.spec }, {})).rejects.toMatchObject({ code: 'credentials-missing' });
  });

  it('lays dotfiles under the home of the job, unless it wants none', async () => {
    const put = { permission: '600', content: '[default]\nregion = x\n' };
    await jobs.dotfiles.service.put({ path: '.aws/config', ...put }, {});
    await jobs.dotfiles.service.put({ path: '.run', permission: '755', content: '#!/bin/sh\necho ran\n' }, {});
    const look = 'wc -c < ~/.aws/config; stat -c %a ~/.aws/config ~/.aws; ~/.run; ls -A ~';
    const done = await run(scriptJob(name, look, { output: null }));
    expect(await text(done.id)).toBe('21\n600\n755\nran\n.aws\n.run\n');
    await expect.poll(async () => (await jobs.engine.find()).length).toBe(0);
    expect(holding(home, ['region = x'])).toEqual([]);
    const without = await run(scriptJob(name, 'ls -A ~', { output: null, noDotfiles: true }));
    expect(await text(without.id)).toBe('');
    const clash = scriptJob(name, 'true', { links: [{ path: '/home/work/.run', target: '/tmp' }] });
    const plan = await jobs.preview(clash);
    expect(plan.conflicts[0]).toMatchObject({ code: 'file-on-link', fixes: [{ change: { kind: 'no-dotfiles' } }] });
  });
});

it('gives files to the user of an image that does not run as root', async () => {
  const home = mkdtempSync('/tmp/stowage-secrets-');
  const jobs = openJobs(home, 'docker');
  try {
    await jobs.start();
    const { default: Docker } = await import('dockerode');
    const docker = new Docker();
    const container = await docker.createContainer({ Image: 'busybox:local', Cmd: ['true'] });
    const image = 'stowage-user-test:local';
    await container.commit({ repo: 'stowage-user-test', tag: 'local', changes: 'USER 1234:1235' });
    await container.remove();
    const spec = scriptJob('docker', 'id -u; stat -c "%u %g %a" "$K_FILE"; cat "$K_FILE"', {
      image,
      user: 'image',
      output: null,
      env: [{ name: 'K', value: 'value of k', secret: 'file' }],
    });
    const { id } = await jobs.service.run({ spec }, {});
    await jobs.ended(id);
    expect((await jobs.log(id)).map((chunk) => chunk.text).join('')).toBe(`1234\n1234 1235 600\n${'*'.repeat(10)}`);
    await docker.getImage(image).remove({ force: true });
  } finally {
    await jobs.quit();
    rmSync(home, { recursive: true, force: true });
  }
});

/** The command lines of all programs that run. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        // It has ended meanwhile.
        return '';
      }
    });

it('are on no command line, and all that a job goes on to print is masked when they are not known any more', async () => {
  const home = mkdtempSync('/tmp/stowage-secrets-');
  let jobs = openJobs(home, 'process');
  try {
    await jobs.start();
    const waits = 'echo "first $API_TOKEN"; while [ ! -e out/go ]; do sleep 0.05; done; echo "then $API_TOKEN"';
    const { id } = await jobs.service.run({ spec: scriptJob('process', waits, { env }) }, {});
    await expect.poll(async () => (await jobs.log(id)).length).toBeGreaterThan(0);
    await expect.poll(commandLines).toContainEqual(expect.stringContaining('then $API_TOKEN'));
    const lines = commandLines();
    expect(lines.filter((line) => [token, pass].some((text) => line.includes(Buffer.from(text).toString('latin1'))))).toEqual([]);
    jobs.database.run('DELETE FROM job_secrets');
    await jobs.quit();
    jobs = openJobs(home, 'process');
    await jobs.start();
    const { plan } = await jobs.service.get({ id }, {});
    writeFileSync(join(plan.mounts[0]?.localPath ?? '', 'go'), '');
    expect((await jobs.ended(id)).state).toBe('succeeded');
    const stars = '*'.repeat(Buffer.byteLength(token));
    expect((await jobs.log(id)).map((chunk) => chunk.text).join('')).toBe(`first ${stars}\n*****${stars}\n`);
  } finally {
    await jobs.quit();
    rmSync(home, { recursive: true, force: true });
  }
});
