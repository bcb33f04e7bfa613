import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';

test.skip(({ shell }) => shell !== 'double', 'asks the double of Electron');

/** Messages of a renderer that was taken over, sent past the preload. */
const forge = (app: RunningApp, from: string, kind: 'send' | 'invoke', channel: string, ...args: unknown[]) =>
  app.ask('forge', { from, kind, channel, args });

const conversation = '00000000-0000-4000-8000-000000000000';
const createVfolder = (name: string): string => JSON.stringify({ i: '1', p: { u: '/vfolders/create', b: { json: { name } } } });
const vfolders = async (home: string): Promise<string> => (await stowage(home, ['vfolder', 'list'])).stdout;

/** The refusals that the app's log tells, each as its code and whom it was about. */
async function refusals(home: string): Promise<string[]> {
  const log = await readFile(join(home, 'logs', 'stowage.log'), 'utf8').catch(() => '');
  return log
    .split('\n')
    .filter((line) => line.includes('a message was refused'))
    .map((line) => {
      const { code, data } = JSON.parse(line) as { code: string; data: { subject?: string } };
      return data.subject ? `${code}: ${data.subject}` : code;
    });
}

const gone = 'unauthorised: a frame inside the page, or one that is gone';
const elsewhere = 'unauthorised: app://stowage.example.com/';
const strangers = [
  ['subframe', gone],
  ['gone', gone],
  ['other origin', elsewhere],
] as const;

for (const [from, refusal] of strangers) {
  test(`a call of the contract from a sender that is “${from}” runs no handler`, async ({ app, home }) => {
    await forge(app, from, 'send', 'stowage:rpc', conversation, createVfolder('stolen'));
    await expect.poll(() => refusals(home)).toEqual([refusal]);
    // The same message from the page itself is a good one.
    await forge(app, 'main frame', 'send', 'stowage:rpc', conversation, createVfolder('mine'));
    await expect.poll(() => vfolders(home)).toContain('mine');
    expect(await vfolders(home)).not.toContain('stolen');
    expect(await refusals(home)).toEqual([refusal]);
  });
}

test('no stranger opens a dialog, a link or a folder', async ({ app, home }) => {
  const requests: readonly [string, unknown][] = [
    ['stowage:choose-files', { folders: false, title: 'x' }],
    ['stowage:choose-folder', { title: 'x' }],
    ['stowage:show-in-folder', '/etc/passwd'],
    ['stowage:open-external', 'https://example.com/'],
    ['stowage:set-progress', 0.5],
    ['stowage:open-prepared', 'a ticket'],
    ['stowage:start-drag', 'a ticket'],
  ];
  for (const [channel, input] of requests) {
    for (const [from] of strangers) {
      const answer = await forge(app, from, 'invoke', channel, input);
      expect(answer, `${channel} ${from}`).toEqual({ error: expect.stringContaining('another page than the app was refused') });
    }
  }
  const ran = ['open-dialog', 'open-external', 'show-in-folder', 'progress', 'open-path', 'start-drag'];
  expect(app.reports.filter(({ type }) => ran.includes(type)).filter(({ fraction }) => fraction !== -1)).toEqual([]);
  expect(await refusals(home)).toHaveLength(requests.length * strangers.length);
});

test('the page itself is refused what is none of the contract', async ({ app, home }) => {
  const bad: unknown[][] = [
    [conversation, '{'],
    [conversation, '[]'],
    [conversation, '"x"'],
    [conversation, 'null'],
    [conversation, '{"i":"1","p":{"u":"http://example.com/"}}'],
    [conversation, '{"i":"1","p":{"u":"/vfolders/create","h":{"content-type":"multipart/form-data"}}}'],
    [conversation, { i: '1' }],
    [conversation, 'x'.repeat(2 * 1024 * 1024)],
    ['me', createVfolder('unnamed')],
    [],
  ];
  for (const args of bad) await forge(app, 'main frame', 'send', 'stowage:rpc', ...args);
  expect(await refusals(home)).toEqual(bad.map(() => 'bad-request'));
  const worse: readonly [string, unknown][] = [
    ['stowage:choose-files', { folders: 'yes', title: 'x' }],
    ['stowage:show-in-folder', '../etc'],
    ['stowage:set-progress', 7],
    ['stowage:open-prepared', { path: '/etc/passwd' }],
    ['stowage:start-drag', ['/etc/passwd']],
    ['stowage:open-external', { toString: 'https://example.com/' }],
  ];
  for (const [channel, input] of worse) {
    expect(await forge(app, 'main frame', 'invoke', channel, input)).toEqual({ error: expect.stringContaining('refused') });
  }
  expect(await vfolders(home)).not.toContain('unnamed');
});

test('a link that was prevented leaves the page and its calls as they were; a reload begins anew', async ({ app, home }) => {
  const shown = (name: string) => app.page.getByText(name, { exact: true }).first();
  await app.page.evaluate(() => {
    location.href = 'https://example.com/';
  });
  await expect.poll(() => app.reports.some(({ type }) => type === 'navigation-prevented')).toBe(true);
  await stowage(home, ['vfolder', 'create', 'after-link']);
  await expect(shown('after-link')).toBeVisible();
  await app.page.reload();
  await expect(shown('after-link')).toBeVisible();
  await stowage(home, ['vfolder', 'create', 'after-reload']);
  await expect(shown('after-reload')).toBeVisible();
  expect(await refusals(home)).toEqual([]);
});
