import { expect, it } from 'vitest';
import { secretMarker } from '../jobs/secret-variables.ts';
import { applyFix } from './apply-fix.ts';
import { planJob } from './plan-job.ts';
import { type SampleChanges, sampleProcess, sampleRequest, sampleSource } from './sample-request.ts';

const dotfiles = [
  { path: '.aws/config', mode: 0o600 },
  { path: '.bashrc', mode: 0o644 },
];
const plan = (changes: SampleChanges) => planJob(sampleRequest({ dotfiles, ...changes }));
const laid = (changes: SampleChanges) =>
  plan(changes).steps.flatMap((step) => (step.kind === 'lay-file' ? [`${step.path} ${step.mode.toString(8)}`] : []));

it('places dotfiles in the home of the job, with the folders above them, and shows them', () => {
  const { steps, tree, runnable } = plan({});
  expect(runnable).toBe(true);
  expect(laid({})).toEqual(['/home/work/.aws/config 600', '/home/work/.bashrc 644']);
  const folders = steps.flatMap((step) => (step.kind === 'make-container-directory' ? [[step.path, step.mode]] : []));
  expect(folders).toContainEqual(['/home/work/.aws', 0o755]);
  const home = tree.children[0]?.children[0];
  expect(home?.children.map(({ name, kind }) => [name, kind])).toEqual([
    ['.aws', 'directory'],
    ['.bashrc', 'file'],
    ['out', 'mount'],
  ]);
});

it('follows HOME where the job has another one, and keeps out of jobs that want none', () => {
  const home = { env: [{ name: 'HOME', value: '/root/' }] };
  expect(laid({ spec: home })).toEqual(['/root/.aws/config 600', '/root/.bashrc 644']);
  expect(laid({ spec: { env: [{ name: 'HOME', value: 'nowhere' }] } })[0]).toBe('/home/work/.aws/config 600');
  expect(laid({ spec: { noDotfiles: true } })).toEqual([]);
  const process = plan({ spec: home, engine: { ...sampleProcess, absoluteTargets: true } });
  expect(process.conflicts[0]).toMatchObject({ code: 'target-needs-container', severity: 'error' });
});

const mount = (target: string, mode: 'ro' | 'rw' = 'ro') => ({ mounts: [{ facts: sampleSource('set'), target, mode }] });
const link = (path: string) => ({ spec: { links: [{ path, target: '/opt' }] } });

it.each<[string, SampleChanges, string, RegExp]>([
  ['at a mount', mount('/home/work/.bashrc'), 'file-on-mount', /“set:\/” is mounted at/],
  ['above a mount', mount('/home/work/.aws/config/x'), 'file-on-mount', /is mounted at/],
  ['in a read-only mount', mount('/home/work/.aws'), 'file-in-mount', /read-only/],
  ['in a writable mount', mount('/home/work', 'rw'), 'file-in-mount', /“\.aws\/config”, “\.bashrc” .*written into its source/],
  ['at a link', link('/home/work/.bashrc'), 'file-on-link', /“\/home\/work\/\.bashrc” → \/opt is in the way/],
  ['below a link', link('/home/work/.aws'), 'file-on-link', /in the way/],
  ['where the image has a folder', { imagePaths: { '/home/work/.bashrc': 'directory' } }, 'file-on-folder', /is a folder in/],
  ['below a file of the image', { imagePaths: { '/home/work/.aws': 'file' } }, 'file-on-folder', /is a file in the image/],
  ['in a folder of the kernel', { spec: { env: [{ name: 'HOME', value: '/proc' }] } }, 'target-system', /made by the system/],
  ['at the working directory', { spec: { workdir: '/home/work/.bashrc' } }, 'file-on-folder', /working directory/],
])('refuses a dotfile %s, once for all that clash with the same, and offers to run without', (_, changes, code, message) => {
  const { conflicts, steps } = plan(changes);
  const found = conflicts.filter((conflict) => conflict.code === code);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ severity: 'error', message: expect.stringMatching(message) });
  const fix = found[0]?.fixes.find(({ change }) => change.kind === 'no-dotfiles');
  if (!fix) throw new Error('no fix');
  const request = sampleRequest({ dotfiles, ...changes });
  expect(planJob({ ...request, spec: applyFix(request.spec, fix) }).runnable).toBe(true);
  const paths = steps.flatMap((step) => (step.kind === 'lay-file' ? [step.path] : []));
  for (const target of found[0]?.targets ?? []) expect(paths).not.toContain(target);
});

it('names the file of a secret in a variable, and knows no value', () => {
  const kept = '0f0e0d0c-0b0a-4908-8706-050403020100.0';
  const env = [
    { name: 'TOKEN', value: 'sesame', secret: 'env' as const },
    { name: 'KEY', value: secretMarker, secret: 'file' as const, kept },
  ];
  const planned = plan({ spec: { env }, dotfiles: [] });
  expect(planned.runnable).toBe(true);
  expect(planned.env).toEqual([
    { name: 'HOME', value: '/home/work' },
    { name: 'TOKEN', value: secretMarker, secret: 'env' },
    { name: 'KEY', value: secretMarker, secret: 'file', kept },
    { name: 'KEY_FILE', value: '/run/stowage/secrets/KEY' },
  ]);
  expect(planned.steps).toContainEqual({
    ...{ kind: 'lay-file', path: '/run/stowage/secrets/KEY', mode: 0o600, origin: 'secret', name: 'KEY' },
  });
  const linked = plan({ spec: { env }, dotfiles: [], engine: sampleProcess });
  expect(linked.env.at(-1)).toEqual({ name: 'KEY_FILE', value: '/home/work/.stowage/secrets/KEY' });
});

it.each<[string, SampleChanges['spec'], string, 'error' | 'warning']>([
  ['a secret without a value', { env: [{ name: 'A', value: '', secret: 'env' }] }, 'env-invalid', 'error'],
  ['a marker for a value', { env: [{ name: 'A', value: secretMarker, secret: 'env' }] }, 'env-invalid', 'error'],
  ['a secret file that would climb', { env: [{ name: '../A', value: 'abcdef', secret: 'file' }] }, 'env-invalid', 'error'],
  ['a secret too short to be masked', { env: [{ name: 'A', value: 'abc', secret: 'env' }] }, 'env-invalid', 'warning'],
  [
    'a port of this machine twice',
    {
      ports: [
        { container: 1, host: 80 },
        { container: 2, host: 80 },
      ],
    },
    'port-twice',
    'error',
  ],
  ['ports without a network', { ports: [{ container: 1 }], network: false }, 'port-without-network', 'warning'],
])('tells of %s', (_, spec, code, severity) => {
  expect(planJob(sampleRequest({ spec: spec ?? {} })).conflicts).toContainEqual(expect.objectContaining({ code, severity }));
});
