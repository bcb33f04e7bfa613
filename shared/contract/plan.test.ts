import { expect, it } from 'vitest';
import { planSchema } from './plan.ts';

it('reads a plan that an earlier version kept with its job', () => {
  const kept = {
    engine: 'docker',
    image: 'busybox',
    command: ['true'],
    workdir: '/home/work',
    user: null,
    env: [],
    network: true,
    resources: { cpus: null, memoryBytes: null, shmBytes: 0 },
    mounts: [
      {
        ...{ request: 0, role: 'mount', vfolder: 'data', source: 'data:/', localPath: '/d', target: '/data', mode: 'ro' },
        ...{ approach: 'share', reason: 'Shared.' },
      },
    ],
    steps: [{ kind: 'bind', source: '/d', target: '/data', readOnly: true }],
    tree: { name: '/', path: '/', kind: 'directory', mount: null, severity: null, children: [] },
    conflicts: [],
    runnable: true,
  };
  expect(planSchema.parse(kept)).toMatchObject({ links: [], mounts: [{ options: [], cost: null }], tree: { link: null } });
});
