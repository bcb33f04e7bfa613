import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ShellEvent, shellWindow } from '#shared/contract/shells.ts';
import { type JobsFixture, openJobs, scriptJob } from '../jobs/jobs.fixture.ts';
import { createShells } from './shells.ts';

const size = { columns: 80, rows: 24 };
let home: string;
let jobs: JobsFixture;
let shells: ReturnType<typeof createShells>;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stowage-shells-'));
  jobs = openJobs(home, 'docker');
  const { engine, changes } = jobs;
  const engines = { get: () => engine };
  shells = createShells({ changes, engines, jobs });
  await jobs.start();
});

afterEach(async () => {
  await shells.close();
  for (const id of jobs.allRunning()) await jobs.service.stop({ id, graceSeconds: 0 }, {});
  await jobs.quit();
  rmSync(home, { recursive: true, force: true });
});

async function running(script: string): Promise<number> {
  const { id } = await jobs.service.run({ spec: scriptJob('docker', script) }, {});
  await jobs.until(id, ({ state }) => state === 'running');
  return id;
}

const opened = async (events: AsyncIterator<ShellEvent>): Promise<string> => {
  const first = await events.next();
  if (first.done || first.value.type !== 'opened') throw new Error('the shell did not open');
  return first.value.shell;
};

const open = async (job: number, signal?: AbortSignal) =>
  (await shells.service.open({ job, ...size }, { signal }))[Symbol.asyncIterator]() as AsyncIterator<ShellEvent>;

it('holds a flood back until its reader has shown what came before, and ends when the reader goes', async () => {
  const job = await running('sleep 600');
  const gone = new AbortController();
  const events = await open(job, gone.signal);
  const shell = await opened(events);
  await shells.service.write({ shell, text: 'yes 0123456789\n' }, {});
  let length = 0;
  let waiting: Promise<IteratorResult<ShellEvent>> | null = null;
  // One that is held back gives nothing; one that is not would give all of this at once.
  while (length < 4 * shellWindow) {
    waiting = events.next();
    const next = await Promise.race([waiting, new Promise<null>((resolve) => setTimeout(resolve, 500, null))]);
    if (!next) break;
    if (next.done || next.value.type !== 'output') throw new Error('the shell ended');
    length += next.value.text.length;
  }
  expect(length).toBeGreaterThan(shellWindow / 2);
  expect(length).toBeLessThan(1.5 * shellWindow);
  await shells.service.taken({ shell, length }, {});
  expect((await waiting)?.value).toMatchObject({ type: 'output' });

  const last = events.next();
  gone.abort();
  for (let next = await last; !next.done; ) next = await events.next();
  await expect(async () => shells.service.write({ shell, text: 'x' }, {})).rejects.toMatchObject({ code: 'not-found' });
});

it('ends a shell with its job, and opens none in a job that does not run', async () => {
  const job = await running('sleep 600');
  const events = await open(job);
  await opened(events);
  await jobs.service.stop({ id: job, graceSeconds: 0 }, {});
  const seen: string[] = [];
  for (let next = await events.next(); !next.done; next = await events.next()) seen.push(next.value.type);
  expect(seen.at(-1)).toBe('ended');
  await expect((await open(job)).next()).rejects.toMatchObject({ code: 'wrong-state' });
});
