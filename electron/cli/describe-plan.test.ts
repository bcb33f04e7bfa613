import { expect, it } from 'vitest';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleContents, sampleRemote, sampleRequest, sampleSource } from '#shared/plan/sample-request.ts';
import { planText } from './describe-plan.ts';
import { toSpec } from './run-options.ts';

it('says of each mount how it reaches the job, what that moves and why, then links, cost and conflicts', () => {
  const far = sampleRemote('far', '', { contents: sampleContents(100, 10e6), cached: { files: 60, bytes: 600e6 } });
  const plan = planJob(
    sampleRequest({
      mounts: [
        { facts: far, target: '/data', mode: 'ro' },
        { facts: sampleSource('near'), approach: 'copy' },
      ],
      spec: { links: [{ path: '/input/train', target: '/data' }] },
      imagePaths: { '/data': 'missing', '/input': 'missing', '/input/train': 'missing' },
      output: null,
    }),
  );
  const lines = planText(plan).split('\n');
  expect(lines[0]).toMatch(/^SOURCE +TARGET +MODE +APPROACH +MOVES +FILES +READY IN +WHY$/);
  expect(lines[1]).toMatch(/^far:\/ +\/data +ro +copy +381 MiB +40 +8 s +Copied: /);
  expect(lines[2]).toMatch(/^near:\/ +\/home\/work\/near +rw +copy /);
  expect(lines).toContain('LINK          LEADS TO');
  expect(lines).toContain('/input/train  /data');
  expect(lines).toContainEqual(
    expect.stringMatching(/^Cost: ready in 8 s, copies .* \(572 MiB cached already\), takes .* left after$/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^warning: .*near:\//));
});

it('takes approaches and links from the command line', () => {
  const options = {
    mount: ['data/train:/data:ro,copy', 'near'],
    link: ['/a=/data/x'],
    output: true,
    network: true,
    automount: true,
  };
  expect(toSpec(['ls'], options)).toMatchObject({
    mounts: [{ source: 'data:/train', target: '/data', mode: 'ro', approach: 'copy' }, { source: 'near:/' }],
    links: [{ path: '/a', target: '/data/x' }],
  });
});
