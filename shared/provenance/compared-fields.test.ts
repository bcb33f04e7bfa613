import { describe, expect, it } from 'vitest';
import { type JobDetail, jobDetailSchema } from '../contract/jobs.ts';
import type { JobInputs, MountInput } from '../contract/provenance.ts';
import { comparedFields } from './compared-fields.ts';

function job(change: (detail: Record<string, unknown> & { plan: Record<string, unknown> }) => void = () => {}): JobDetail {
  const detail = {
    ...{ id: 1, name: 'train', state: 'succeeded', engine: 'docker', image: 'app', command: ['sh', '-c', 'a b'] },
    times: { queued: 0, preparing: 1000, running: 3500 },
    ...{
      createdAt: 0,
      startedAt: 3500,
      endedAt: 4000,
      exitCode: 0,
      problem: null,
      progress: null,
      progressStep: null,
      output: null,
      logBytes: 7,
    },
    spec: { command: [], mounts: [], env: [], resources: {} },
    copiedBack: [],
    plan: {
      ...{ engine: 'docker', image: 'app', command: ['sh', '-c', 'a b'], workdir: '/home/work', user: null, network: true },
      env: [{ name: 'LR', value: '0.1' }],
      resources: { cpus: null, memoryBytes: 1_000_000_000, shmBytes: 64_000_000 },
      mounts: [
        {
          ...{ request: 0, role: 'mount', vfolder: 'data', source: 'data:/', localPath: null, target: '/data', mode: 'ro' },
          ...{ approach: 'share', reason: '' },
        },
      ],
      links: [{ path: '/input', target: '/data' }],
      ...{ steps: [], conflicts: [], runnable: true },
      tree: { name: '', path: '/', kind: 'directory', mount: null, severity: null, children: [] },
    },
  };
  change(detail);
  return jobDetailSchema.parse(detail);
}

const inputs = (change: Partial<MountInput> = {}): JobInputs => ({
  image: { reference: 'app', id: 'sha256:aaaaaaaaaaaaaaaa', digests: [] },
  mounts: [
    {
      ...{ mount: 0, role: 'mount', source: 'data:/', target: '/data', mode: 'ro', approach: 'share' },
      ...{ state: 'complete', reason: null, method: 'content', digest: 'd'.repeat(64), files: 3, bytes: 10 },
      ...{ listedAt: 0, git: null, ...change },
    },
  ],
});

const differing = (second: JobDetail, got = inputs()) =>
  comparedFields({ job: job(), inputs: inputs() }, { job: second, inputs: got })
    .filter(({ same }) => !same)
    .map(({ group, name, first, second }) => [group, name, first, second]);

describe('two jobs compared', () => {
  it('do not differ in anything when they are the same', () => {
    expect(differing(job())).toEqual([]);
  });

  it('differ in what was given another value, added or left out', () => {
    const other = job((detail) => {
      Object.assign(detail.plan, {
        command: ['sh', '-c', 'a', 'b'],
        env: [{ name: 'SEED', value: '1' }],
        links: [],
      });
      Object.assign(detail, { state: 'failed', exitCode: 1, endedAt: 64_000 });
    });
    expect(differing(other)).toEqual([
      ['run', 'Command', "sh -c 'a b'", 'sh -c a b'],
      ['environment', 'LR', '0.1', null],
      ['environment', 'SEED', null, '1'],
      ['mounts', '/input', 'link to /data', null],
      ['outcome', 'State', 'succeeded', 'failed'],
      ['outcome', 'Exit code', '0', '1'],
      ['outcome', 'Ran for', '0.50 s', '61 s'],
    ]);
  });

  it('differ also where the words are the same', () => {
    const other = job((detail) =>
      Object.assign(detail.plan, { resources: { cpus: null, memoryBytes: 1_000_000_001, shmBytes: 64_000_000 } }),
    );
    expect(differing(other)).toEqual([['resources', 'Memory', '1 GB (1,000,000,000)', '1 GB (1,000,000,001)']]);
    const [changed] = differing(job(), inputs({ digest: `${'d'.repeat(63)}e` }));
    expect(changed?.[1]).toBe('/data');
  });

  it('tell no secret, nor whether two are equal', () => {
    const secret = (value: string) =>
      job((detail) => Object.assign(detail.plan, { env: [{ name: 'TOKEN', value, secret: 'env' }] }));
    const fields = comparedFields({ job: secret('hush-1'), inputs: inputs() }, { job: secret('hush-2'), inputs: inputs() });
    expect(fields.find(({ name }) => name === 'TOKEN')).toMatchObject({ first: 'a secret', second: 'a secret', same: true });
    expect(JSON.stringify(fields)).not.toContain('hush');
  });
});
