import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JobSpec } from '../contract/plan.ts';
import { importJob } from '../import/import-job.ts';
import { planJob } from '../plan/plan-job.ts';
import { type SampleChanges, sampleRemote, sampleRequest, sampleSource } from '../plan/sample-request.ts';
import { exportFormats, exportJob } from './export-job.ts';
import { toJson } from './exported-job.ts';

function exported(changes: SampleChanges, format: (typeof exportFormats)[number] = 'docker') {
  const request = sampleRequest(changes);
  const result = exportJob(format, request.spec, planJob(request));
  if (result === null) throw new Error('the job has no container');
  return result;
}

/** What `docker` is called with when `sh` runs each text: its words, without the program. Nothing but `docker` is called. */
function readBySh(texts: readonly string[], env: Record<string, string> = {}): string[][] {
  const stub =
    'docker() { for word; do printf "%s\\0" "$word"; done; }; mkdir() { :; }; timeout() { shift; "$@"; }; stowage() { :; }';
  const script = texts.map((text) => `(${text.trimEnd()}\n)\nprintf '\\1\\0'`).join('\n');
  const out = execFileSync('/bin/sh', ['-c', `${stub}\n${script}`], {
    env: { PATH: '', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  });
  return out
    .split('\u0001\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

/** The values of an option, in order. */
const valuesOf = (words: readonly string[], option: string): string[] =>
  words.flatMap((word, at) => (word === option ? [words[at + 1] ?? ''] : []));

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '$HOME',
    '`id`',
    '$(id)',
    "it's",
    '"',
    'a\nb',
    '\\',
    '\n',
    '!',
    '#x',
    '*',
    ' ',
    '-x',
    '~',
    ';',
    '&&',
    '{{a}}',
    'a\\',
    '$$',
  ),
);
const shellText = text.map((value) => value.replaceAll(/[\0\u0001]/g, ''));
const spec = fc.record({
  command: fc.array(shellText, { minLength: 1, maxLength: 5 }),
  env: fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}X$/), value: shellText }), {
    maxLength: 4,
    selector: ({ name }) => name,
  }),
  resources: fc.record(
    {
      cpus: fc.constantFrom(0.5, 1, 2.25),
      memoryBytes: fc.integer({ min: 2 ** 23, max: 2 ** 36 }),
      shmBytes: fc.integer({ min: 2 ** 20, max: 2 ** 34 }),
      gpus: fc.constantFrom<JobSpec['resources']['gpus'][]>('all', 2, ['0', 'GPU-1a']),
    },
    { requiredKeys: [] },
  ),
  network: fc.boolean(),
  maxSeconds: fc.constantFrom(undefined, 90),
});
const definite = ({ maxSeconds, ...rest }: { maxSeconds?: number | undefined } & Partial<JobSpec>): Partial<JobSpec> => ({
  ...rest,
  ...(maxSeconds !== undefined && { maxSeconds }),
});

describe('docker run', () => {
  it('is read by a shell to the very words of the job', () => {
    const cases = fc.sample(fc.tuple(spec, shellText), 60).map(([given, folder]) => ({
      given: definite(given),
      folder: `/data/${folder.replaceAll('/', '_')}x`,
    }));
    const runs = cases.map(
      ({ given, folder }) =>
        exported({
          spec: given,
          mounts: [{ facts: sampleSource('set', '', { localPath: folder, realPath: folder }), target: '/d', mode: 'ro' }],
        }).text,
    );
    readBySh(runs).forEach((words, index) => {
      const { given, folder } = cases[index] ?? { given: {}, folder: '' };
      expect(words.slice(-(given.command?.length ?? 0) - 1)).toEqual(['python:3.12', ...(given.command ?? [])]);
      expect(valuesOf(words, '--env')).toEqual([
        'HOME=/home/work',
        ...(given.env ?? []).map(({ name, value }) => `${name}=${value}`),
      ]);
      expect(
        [...valuesOf(words, '--volume'), ...valuesOf(words, '--mount')].some(
          (value) => value.includes(folder) || value.replaceAll('""', '"').includes(folder),
        ),
      ).toBe(true);
    });
  });

  it('imports to the same job again', () => {
    fc.assert(
      fc.property(spec, (given) => {
        const facts = sampleSource('set', 'train');
        const { text: line } = exported({ spec: definite(given), mounts: [{ facts, target: '/d', mode: 'ro' }], output: null });
        const { spec: back, remarks } = importJob(line, {
          vfolders: [{ name: 'set', localPath: sampleSource('set').localPath }],
        });
        expect(remarks.filter(({ kind }) => kind === 'lost')).toEqual([]);
        expect(back).toMatchObject({
          command: given.command,
          env: given.env,
          ...(given.maxSeconds !== undefined && { maxSeconds: given.maxSeconds }),
          resources: { shmBytes: 2 ** 30, ...given.resources },
        });
        expect(back.network ?? true).toBe(given.network);
        expect(back.mounts).toEqual([{ source: 'set:/train', target: '/d', mode: 'ro' }]);
      }),
      { numRuns: 40 },
    );
  });

  it('mounts what links lead to in their place, and makes the output folder first', () => {
    const { text: line, notes } = exported({
      mounts: [{ facts: sampleSource('set'), target: '/data/set', mode: 'ro' }],
      spec: {
        links: [
          { path: '/input', target: '/data/set/images' },
          { path: '/again', target: '/input/a' },
          { path: '/py', target: '/usr/bin/python' },
        ],
      },
    });
    const [words = []] = readBySh([line]);
    const root = sampleSource('set').localPath;
    expect(valuesOf(words, '--volume')).toEqual(
      expect.arrayContaining([`${root}:/data/set:ro`, `${root}/images:/input:ro`, `${root}/images/a:/again:ro`]),
    );
    expect(notes).toContain('The link /py → /usr/bin/python is not in it: it leads to a place inside the image.');
    expect(valuesOf(words, '--tmpfs')).toEqual(['/home/work:exec,uid=1000,gid=1000']);
    expect(line).toMatch(/^mkdir -p \S*train &&\n/);
  });

  it('names what lies on a storage host as what has to be brought', () => {
    const { text: line, notes } = exported({
      mounts: [{ facts: sampleRemote('far', "it's"), target: '/far', mode: 'rw' }],
      output: null,
    });
    expect(line).toContain(`stowage cp 'far:/it'\\''s' ./it-s`);
    const [words = []] = readBySh([line], { PWD: '/tmp/a b' });
    expect(valuesOf(words, '--mount')[0]).toMatch(/^type=bind,source=.*\/it-s,target=\/far$/);
    expect(notes[0]).toContain('far:/it');
  });
});

describe('secrets', () => {
  const secret = 's3cr3t-v4lue';
  const env: JobSpec['env'] = [
    { name: 'TOKEN', value: secret, secret: 'env' },
    { name: 'KEY', value: secret, secret: 'file' },
    { name: 'EVIL:-$(id)', value: secret, secret: 'env' },
    { name: 'PLAIN', value: 'seen' },
  ];
  it.each(exportFormats)('are in no export as %s', (format) => {
    const { text: out, notes } = exported({ spec: { env } }, format);
    expect(`${out}${notes.join()}`).not.toContain(secret);
    expect(out).toContain('PLAIN');
    expect(out).toContain('TOKEN');
    if (format !== 'json') expect(out).not.toContain('EVIL');
  });

  it('come from the shell that runs the export', () => {
    const { text: line } = exported({ spec: { env } });
    const [words = []] = readBySh([line], { TOKEN: secret, KEY_FILE: '/run/a key' });
    expect(valuesOf(words, '--env')).toEqual(['HOME=/home/work', 'PLAIN=seen', 'TOKEN', 'KEY_FILE=/run/stowage/secrets/KEY']);
    expect(valuesOf(words, '--mount')).toEqual(['type=bind,source=/run/a key,target=/run/stowage/secrets/KEY,readonly']);
  });
});

describe('run.sh', () => {
  it('stops when a secret is missing, and lets no name into its text', () => {
    const { text: script } = exported(
      { spec: { name: 'x', env: [{ name: 'TOKEN', value: '', secret: 'env' }], image: 'a\necho pwned' } },
      'script',
    );
    expect(readBySh([script.replace('exec ', '')])).toEqual([[]]);
    const [words = []] = readBySh([script.replace('exec ', '')], { TOKEN: 'x' });
    expect(words[0]).toBe('run');
  });
});

describe('Compose', () => {
  it('is YAML in which every text is what it was, also for Compose, which fills in variables', () => {
    fc.assert(
      fc.property(spec, (given) => {
        const document = parse(exported({ spec: definite(given) }, 'compose').text) as {
          services: { job: Record<string, unknown> };
        };
        const { job } = document.services;
        const plain = (value: unknown): string => String(value).replaceAll('$$', '$');
        expect((job.command as string[]).map(plain)).toEqual(given.command);
        expect((job.environment as string[]).map(plain)).toEqual([
          'HOME=/home/work',
          ...given.env.map(({ name, value }) => `${name}=${value}`),
        ]);
        expect(JSON.stringify(job).replaceAll('$$', '')).not.toContain('$');
        expect(job.network_mode).toBe(given.network ? undefined : 'none');
      }),
      { numRuns: 40 },
    );
  });
});

describe('JSON', () => {
  it('imports to the very same job', () => {
    fc.assert(
      fc.property(spec, shellText, (given, name) => {
        const whole = sampleRequest({
          spec: { ...definite(given), name: name.slice(0, 100), ports: [{ container: 80 }], noDotfiles: true },
        }).spec;
        expect(importJob(toJson(whole)).spec).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

it('has no container to export for a job of this machine', () => {
  const request = sampleRequest({ engine: { id: 'process', kind: 'process' } });
  expect(exportJob('docker', request.spec, planJob(request))).toBeNull();
  expect(exportJob('json', request.spec, planJob(request))).not.toBeNull();
});
