import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineName, type JobsFixture, openJobs } from './jobs.fixture.ts';

/** What a shell would act on, or a terminal would hide. */
const words = [
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  '| touch pwned',
  '&& touch pwned',
  '> pwned',
  "it's",
  '"quoted"',
  'two\nlines',
  '\\',
  '$HOME',
  '*',
  '~',
  '!!',
  '%s%n',
  '-rf',
  '',
  ' spaced ',
  '<img src=x onerror=alert(1)>',
  '\u202Egnp.exe',
];

describe.each<EngineName>(['docker', 'process'])('A27 on %s', (name) => {
  let home: string;
  let jobs: JobsFixture;
  beforeEach(async () => {
    home = mkdtempSync('/tmp/stowage-as-data-');
    jobs = openJobs(home, name);
    await jobs.start();
  });
  afterEach(async () => {
    await jobs.quit();
    rmSync(home, { recursive: true, force: true });
  });
  const image = name === 'docker' ? { image: 'busybox:local' } : {};
  const run = async (spec: Partial<Parameters<typeof jobs.preview>[0]>) => {
    const whole = { engine: name, ...image, command: ['true'], mounts: [], env: [], resources: {}, output: null, ...spec };
    const { id } = await jobs.service.run({ spec: whole }, {});
    const job = await jobs.ended(id);
    return { job, log: (await jobs.log(id)).map(({ text }) => text).join('') };
  };
  const pwned = (): unknown[] => readdirSync(home, { recursive: true }).filter((path) => String(path).includes('pwned'));

  it('passes a command, variables and the name of a job as they are', async () => {
    const args = await run({ name: '$(touch pwned); "x" \u202E', command: ['printf', '[%s]\\n', ...words] });
    expect(args.job.problem).toBeNull();
    expect(args.log).toBe(words.map((word) => `[${word}]\n`).join(''));
    const env = words.map((value, at) => ({ name: `WORD_${at}`, value }));
    const values = await run({ env, command: ['env'] });
    for (const { name, value } of env) expect(`\n${values.log}`).toContain(`\n${name}=${value}\n`);
    expect(pwned()).toEqual([]);
  });

  it('mounts a folder of any name at a place of any name, and links to it', async () => {
    const folder = `a; $(touch pwned) 'b' "c" \`d\` *`;
    const inside = join(home, 'local', 'data', folder);
    await jobs.lookup.ensure('data', { usage: 'data', note: '' });
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, 'file'), 'read');
    const { job, log } = await run({
      mounts: [{ source: `data:/${folder}`, target: `/home/work/at ${folder}`, mode: 'ro' }],
      links: [{ path: `/home/work/link ${folder}`, target: `/home/work/at ${folder}/file` }],
      command: ['cat', `/home/work/at ${folder}/file`, `/home/work/link ${folder}`],
    });
    expect(job.problem).toBeNull();
    expect(log).toBe('readread');
    expect(pwned().filter((path) => !String(path).includes(folder))).toEqual([]);
  });

  if (name !== 'docker') return;
  it('takes the name of an image for a name', async () => {
    for (const image of [
      'busybox:local; touch pwned',
      '$(touch pwned)',
      '--privileged',
      'a b',
      '../../pwned',
      'a/../../../containers/json',
    ]) {
      const { job } = await run({ image });
      expect(job).toMatchObject({ state: 'failed', startedAt: null });
      expect(job.problem?.message).toContain(image);
    }
    expect(pwned()).toEqual([]);
    expect(existsSync('pwned')).toBe(false);
  });
});
