import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCommandLine } from '../command-line.ts';
import { jobSpecSchema } from '../contract/plan.ts';
import { isStowageError } from '../errors.ts';
import { type Sample, sampleContext } from './corpus.fixture.ts';
import { dockerCorpus } from './docker.corpus.fixture.ts';
import { importJob } from './import-job.ts';
import type { Imported } from './imported.ts';
import { openPaiJsonJobs } from './openpai-jobs.fixture.ts';
import { openPaiYamlJobs } from './openpai-protocol-jobs.fixture.ts';
import { backendAiCorpus, codalabCorpus, floydCorpus } from './platforms.corpus.fixture.ts';
import { readShell } from './shell.ts';

const lostOf = ({ remarks }: Imported): string[] => remarks.filter(({ kind }) => kind === 'lost').map(({ what }) => what);
const corpora: readonly (readonly [string, string, readonly Sample[]])[] = [
  ['docker', 'docker run', dockerCorpus],
  ['floyd', 'floyd run', floydCorpus],
  ['backend-ai', 'backend.ai', backendAiCorpus],
  ['codalab', 'cl run', codalabCorpus],
];

describe.each(corpora)('%s', (source, name, corpus) => {
  it(`has at least fifteen commands of ${name} from public documentation`, () => {
    expect(corpus.length).toBeGreaterThanOrEqual(15);
  });
  it.each(corpus)('takes over: $text', ({ text, spec, lost = [] }) => {
    const imported = importJob(text, sampleContext);
    expect(imported.source).toBe(source);
    expect(imported.spec).toMatchObject(spec);
    expect(lostOf(imported)).toEqual(lost);
  });
});

describe('OpenPAI', () => {
  const asJobs = openPaiJsonJobs.map(
    (text) => [JSON.parse(text) as { jobName: string; image: string; taskRoles: Role[] }, text] as const,
  );
  interface Role {
    name: string;
    taskNumber: number;
    cpuNumber: number;
    memoryMB: number;
    gpuNumber: number;
    command: string;
  }
  it.each(asJobs)('takes over the JSON job $jobName', (job, text) => {
    const { source, spec, remarks } = importJob(text, sampleContext);
    const [role, ...others] = job.taskRoles;
    expect(source).toBe('openpai');
    expect(spec).toMatchObject({ name: job.jobName, image: job.image, command: ['sh', '-c', role?.command] });
    expect(spec.resources).toEqual({
      cpus: role?.cpuNumber,
      memoryBytes: (role?.memoryMB ?? 0) * 2 ** 20,
      ...(role?.gpuNumber ? { gpus: role.gpuNumber } : {}),
    });
    for (const { name } of others)
      expect(remarks).toContainEqual(expect.objectContaining({ kind: 'lost', what: `task role “${name}”` }));
    // Every variable that the command reads of the cluster is set, but for the addresses of other containers.
    for (const [variable] of (role?.command ?? '').matchAll(/PAI_\w+/g)) {
      if (!variable.endsWith('HOST_LIST')) expect(spec.env.map(({ name }) => name)).toContain(variable);
    }
  });

  it('mounts data and code, keeps outputs, and passes over comments', () => {
    const { spec, remarks } = importJob(
      `{
        "jobName": "cifar", // unique
        "image": "openpai/pai.example.tensorflow",
        /* on HDFS */
        "dataDir": "$PAI_DEFAULT_FS_URI/$PAI_USER_NAME/cifar-10",
        "outputDir": "$PAI_DEFAULT_FS_URI/output",
        "codeDir": "$PAI_DEFAULT_FS_URI/path/code",
        "authFile": "hdfs://10.0.0.1/auth",
        "taskRoles": [{ "name": "main", "taskNumber": 2, "cpuNumber": 8, "memoryMB": 32768, "shmMB": 256, "gpuNumber": 1,
          "command": "python code/train.py --dir=$PAI_DATA_DIR // not a comment", }],
        "retryCount": 3,
      }`,
      { vfolders: [{ name: 'cifar-10', localPath: null }] },
    );
    expect(spec).toMatchObject({
      mounts: [
        { source: 'cifar-10:/', target: '/home/work/data', mode: 'ro' },
        { source: 'code:/', target: '/home/work/code', mode: 'ro' },
      ],
      command: ['sh', '-c', 'python code/train.py --dir=$PAI_DATA_DIR // not a comment'],
      resources: { shmBytes: 256 * 2 ** 20 },
    });
    expect(spec).not.toHaveProperty('output');
    expect(spec.mounts.every(({ approach }) => approach === undefined)).toBe(true);
    expect(Object.fromEntries(spec.env.map(({ name, value }) => [name, value]))).toMatchObject({
      PAI_DATA_DIR: '/home/work/data',
      PAI_CODE_DIR: '/home/work/code',
      PAI_OUTPUT_DIR: '/home/work/out',
    });
    expect(remarks.filter(({ kind }) => kind === 'lost').map(({ what }) => what)).toEqual([
      '2 instances',
      'retryCount: 3',
      'authFile: hdfs://10.0.0.1/auth',
    ]);
  });

  it('has at least fifteen jobs of each version', () => {
    expect(Math.min(openPaiJsonJobs.length, openPaiYamlJobs.length)).toBeGreaterThanOrEqual(15);
  });
  it.each(openPaiYamlJobs.map((text) => [/^name: (.*)$/m.exec(text)?.[1] ?? '', text] as const))(
    'takes over the YAML job %s',
    (name, text) => {
      const { source, spec } = importJob(text, sampleContext);
      expect(source).toBe('openpai');
      const image = /uri ?: '?([^'\s]+)'?$/m.exec(text)?.[1];
      expect(spec).toMatchObject({ name, image, user: 'image' });
      expect(spec.command.slice(0, 2)).toEqual(['sh', '-c']);
      expect(spec.command[2]).not.toMatch(/<%|%>/);
      expect(spec.resources).toMatchObject({
        cpus: Number(/cpu: (\d+)/.exec(text)?.[1]),
        memoryBytes: Number(/memoryMB: (\d+)/.exec(text)?.[1]) * 2 ** 20,
      });
    },
  );

  it('makes secrets variables, data of the cluster mounts, and lists what belongs to the cluster', () => {
    const { spec, remarks } = importJob(`
protocolVersion: 2
name: train
type: job
parameters: { rate: 0.1 }
secrets: { token: s3cr3t-v4lue }
prerequisites:
  - { type: dockerimage, name: img, uri: 'tf:1', auth: { username: me, password: '<% $secrets.token %>' } }
  - { type: data, name: cifar, uri: ['hdfs://pai/cifar'] }
  - { type: output, name: models, uri: 'hdfs://pai/models' }
taskRoles:
  worker:
    instances: 1
    dockerImage: img
    data: cifar
    output: models
    resourcePerInstance: { cpu: 2, memoryMB: 1024, gpu: 0, ports: { ssh: 1, web: 2 } }
    commands: ['fetch --token <% $secrets.token %> <% $data.uri[0] %>', 'train --rate <% $parameters.rate %> --to <% $output.uri %> <% $parameters.gone %>']
  ps: { instances: 1, dockerImage: img, commands: [ps] }
extras: { com.microsoft.pai.runtimeplugin: [{ plugin: teamwise_storage }, { plugin: ssh }] }
`);
    expect(spec.command[2]).toBe(
      ['fetch --token $', '{TOKEN} /home/work/cifar\ntrain --rate 0.1 --to /home/work/out <% $parameters.gone %>'].join(''),
    );
    expect(spec.env).toContainEqual({ name: 'TOKEN', value: 's3cr3t-v4lue', secret: 'env' });
    expect(JSON.stringify(remarks)).not.toContain('s3cr3t');
    expect(spec.mounts).toEqual([{ source: 'cifar:/', target: '/home/work/cifar', mode: 'ro' }]);
    expect(spec.ports).toEqual([{ container: 8080 }, { container: 8081 }]);
    expect(remarks.filter(({ kind }) => kind === 'lost').map(({ what }) => what)).toEqual([
      'auth',
      'task role “ps”',
      'plugin teamwise_storage',
    ]);
  });
});

describe('the folder of a command', () => {
  it('is asked for where the text needs it', () => {
    const imported = importJob('docker run -v $(pwd):/app -w /app -v ./data:/data python:3 python x.py');
    expect(imported.needsFolder).toBe(true);
    expect(lostOf(imported)).toEqual(['-v $(pwd):/app', '-v ./data:/data']);
    expect(imported.spec.mounts).toEqual([]);
  });

  it('becomes the code folder with a link where the command expects it', () => {
    const { spec } = importJob('docker run -v $(pwd):/app -w /app python:3 python /app/x.py', sampleContext);
    expect(spec).toMatchObject({
      code: { source: '/home/ada/project', mode: 'rw' },
      links: [{ path: '/app', target: '/home/work/code' }],
    });
    expect(spec).not.toHaveProperty('workdir');
  });

  it('is a mount where it lies in a vfolder; other folders name what to link', () => {
    const { spec, remarks } = importJob('docker run -v ../imagenet/val:/val -v /srv/x:/x:ro alpine ls', {
      ...sampleContext,
      folder: '/data/code',
    });
    expect(spec.mounts).toEqual([{ source: 'imagenet:/val', target: '/val', mode: 'rw' }]);
    expect(remarks).toContainEqual(expect.objectContaining({ what: '-v /srv/x:/x:ro', folder: { path: '/srv/x', mode: 'ro' } }));
  });
});

describe('what is refused', () => {
  it.each([
    ['', 'no command'],
    ['ls -la', 'no command'],
    ['docker build .', 'no command'],
    ['docker run --rm', 'names no image'],
    ["docker run alpine echo 'open", 'left open'],
    ['{"a": 1}', 'no command'],
    ['{"taskRoles": ["', 'cannot be read'],
    ['{"taskRoles": []}', 'no task role'],
    ['protocolVersion: 2\ntaskRoles: [}', 'cannot be read'],
    ['{"stowage":"job","version":2,"spec":{}}', 'not a job as Stowage exports'],
    [`docker run alpine ${'x'.repeat(1_048_577)}`, 'longer than 1 MiB'],
  ])('%.40s', (text, message) => {
    expect(() => importJob(text)).toThrow(message);
  });
});

describe('properties', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('-v', '--env', '$HOME', '`id`', "it's", '"', '\n', '\\', '#', '|', '<x>', '$(x)', '--', '~', 'a=b', '{{x}}'),
  );

  it('reads quoted words back as they were', () => {
    fc.assert(
      fc.property(
        fc.array(
          word.filter((text) => !text.includes('\0')),
          { minLength: 1 },
        ),
        (words) => {
          const { commands, error } = readShell(`run ${formatCommandLine(words)}`, { variable: () => 'x', output: () => 'x' });
          expect(error).toBeNull();
          expect(commands.map((command) => command.words.map(({ text }) => text))).toEqual([['run', ...words]]);
        },
      ),
    );
  });

  const programs = fc.constantFrom(
    'docker run',
    'podman run',
    'floyd run',
    'backend.ai run',
    'backend.ai session create',
    'cl run',
    '',
  );
  const options = fc.constantFrom(
    ...'--rm -it -v /a:/b -p 80:80 -e A=1 -e A --gpus all --mount type=bind,source=/a,target=/b --data a/b:c -m x=/y -r cpu=1 :a b:c --env-range x -w /a --entrypoint sh --cpus 1 -n a --- --name'.split(
      ' ',
    ),
  );
  const loose = fc
    .tuple(programs, fc.array(fc.oneof(options, word), { maxLength: 12 }))
    .map(([program, words]) => `${program} ${words.join(' ')}`);
  const json = fc
    .json()
    .map((text) => `{"taskRoles": [{"command": "x", "portList": [${text}]}], "jobEnvs": ${text}, "image": ${text}}`);
  const yaml = fc
    .tuple(fc.json(), fc.string())
    .map(([text, other]) => `taskRoles:\n  a: ${text}\n  b: {commands: ${text}}\nparameters: ${other}`);

  it('gives a spec that the contract takes, or says why not, whatever is pasted', () => {
    fc.assert(
      fc.property(fc.oneof(loose, json, yaml, fc.string(), fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        try {
          const { spec, remarks } = importJob(text, sampleContext);
          expect(jobSpecSchema.safeParse(spec).success).toBe(true);
          for (const { what, why } of remarks) expect([typeof what, why.length > 0]).toEqual(['string', true]);
        } catch (error) {
          if (!isStowageError(error, 'bad-request')) throw error;
        }
      }),
      { numRuns: 600 },
    );
  });

  it('loses no option of docker run silently', () => {
    const known = fc.constantFrom(
      '--privileged',
      '--ulimit=x',
      '--dns 1.1.1.1',
      '--cap-add A',
      '--volumes-from x',
      '--unknown',
      '--pid host',
    );
    fc.assert(
      fc.property(fc.uniqueArray(known), (given) => {
        expect(lostOf(importJob(`docker run ${given.join(' ')} alpine`))).toEqual(given);
      }),
    );
  });
});
