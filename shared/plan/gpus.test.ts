import { expect, it } from 'vitest';
import type { EngineGpus } from '../contract/engines.ts';
import type { GpuRequest } from '../contract/plan.ts';
import { applyFix } from './apply-fix.ts';
import { planJob } from './plan-job.ts';
import { sampleRequest } from './sample-request.ts';

const conflictsOf = (gpus: GpuRequest, engine: Partial<EngineGpus>) => {
  const given: EngineGpus = { state: 'ready', count: 2, message: '', ...engine };
  const request = sampleRequest({ spec: { resources: { gpus } }, engine: { gpus: given } });
  const { conflicts, runnable } = planJob(request);
  return { found: conflicts.filter(({ code }) => code === 'gpus-missing'), runnable, spec: request.spec };
};

it('refuses a job with GPUs where there are none, and says why and what else can be done', () => {
  const { found, runnable, spec } = conflictsOf('all', { state: 'absent', count: 0, message: 'There is no NVIDIA GPU.' });
  expect(runnable).toBe(false);
  expect(found).toMatchObject([
    {
      severity: 'error',
      message: 'The job asks for all GPUs, which the engine “Docker” cannot give: There is no NVIDIA GPU.',
      fixes: [{ label: 'Run it without GPUs' }],
    },
  ]);
  const [fix] = found[0]?.fixes ?? [];
  expect(fix && applyFix(spec, fix).resources).toEqual({});
});

it.each<[GpuRequest, string | null]>([
  [1, null],
  [2, null],
  [3, 'The job asks for 3 GPUs, which the engine “Docker” does not have: there are 2.'],
  [['0', '1'], null],
  [['2'], 'The job asks for the GPU 2, which the engine “Docker” does not have: there are 2, numbered from 0.'],
  [['GPU-8a4f'], null],
  ['all', null],
])('of two GPUs gives %j as far as they go', (gpus, message) => {
  const { found } = conflictsOf(gpus, {});
  expect(found.map((conflict) => conflict.message)).toEqual(message === null ? [] : [message]);
});

it('lets a job try where the engine does not tell', () => {
  const { found, runnable } = conflictsOf(1, { state: 'unknown', count: null, message: 'It shows no NVIDIA runtime.' });
  expect(runnable).toBe(true);
  expect(found).toMatchObject([{ severity: 'warning' }]);
});

it('says that ports of an engine elsewhere are not ports of this machine', () => {
  const spec = { ports: [{ container: 8888, host: 9000 }] };
  const codes = (local: boolean) => planJob(sampleRequest({ spec, engine: { local } })).conflicts.map(({ code }) => code);
  expect(codes(true)).not.toContain('ports-elsewhere');
  expect(codes(false)).toContain('ports-elsewhere');
});
