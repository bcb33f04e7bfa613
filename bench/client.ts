import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { HostAttach } from '#shared/contract/hosts.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { JobSpec } from '#shared/contract/plan.ts';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { type Core, openCore } from '../electron/core.ts';

/** A piece of work for a Stowage of its own; sent as the first message, so that no secret stands in argv. */
export interface ClientRequest {
  /** Where the local host keeps its vfolders; absent: inside the data directory, which is removed at the end. */
  readonly localRoot?: string;
  readonly hosts?: readonly { readonly name: string; readonly attach: HostAttach }[];
  /** Made if they are new; `host` is a name from `hosts`, absent: the local host. */
  readonly vfolders?: readonly { readonly name: string; readonly host?: string }[];
  /** Folders of a host as vfolders, read and write; for data that is there already. */
  readonly links?: readonly { readonly name: string; readonly host: string; readonly path: string }[];
  readonly work: ClientWork;
}

export type ClientWork =
  | { readonly kind: 'transfer'; readonly sources: readonly Endpoint[]; readonly destination: Endpoint }
  | { readonly kind: 'list'; readonly vfolder: string; readonly path: string }
  /** Into the cache. */
  | { readonly kind: 'load'; readonly vfolder: string; readonly path: string }
  /** A job over copies that are there already, until its command begins: `launches` of the report. */
  | { readonly kind: 'launch'; readonly spec: JobSpec; readonly load: { readonly vfolder: string; readonly path: string } }
  /** A job to its end, until its log is whole and its last page was read; `bytes` are those of the log. */
  | { readonly kind: 'job'; readonly spec: JobSpec };

export interface ClientReport {
  /** From the call that starts the work until its end is told. */
  readonly ms: number;
  /** Until the first entries of a listing came. */
  readonly firstMs: number | null;
  /** Milliseconds until the command of a job began, by how it was launched. */
  readonly launches: Readonly<Record<'bare' | 'shown' | 'again', number>> | null;
  /** Files that were transferred, or entries that were listed. */
  readonly files: number;
  readonly bytes: number;
  /** Of the whole process, its start included. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** What closing the core took, after the work. */
  readonly closeMs: number;
}

type Done = Pick<ClientReport, 'files' | 'bytes'> & Partial<Pick<ClientReport, 'firstMs' | 'launches'>>;

process.once('message', (request) => void main(request as ClientRequest));

async function main(request: ClientRequest): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'stowage-bench-home-'));
  try {
    const core = await openCore({ home, localRoot: request.localRoot ?? join(home, 'vfolders'), shell: 'cli' });
    await core.start();
    await attach(core, request);
    const begun = performance.now();
    const done = await perform(core, request.work);
    const ended = performance.now();
    await core.close();
    const { user, system } = process.cpuUsage();
    const report: ClientReport = {
      ...{ firstMs: null, launches: null, ...done },
      ms: ended - begun,
      cpuSeconds: (user + system) / 1e6,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      closeMs: performance.now() - ended,
    };
    process.send?.(report);
  } finally {
    await rm(home, { recursive: true, force: true });
    if (process.connected) process.disconnect();
  }
}

async function attach({ services }: Core, request: ClientRequest): Promise<void> {
  const hosts = new Map<string, string>();
  for (const { name, attach: given } of request.hosts ?? []) {
    const host = await services.hosts.add({ name, attach: given, keep: 'session' }, {});
    hosts.set(name, host.id);
  }
  const idOf = (name: string): string => {
    const id = hosts.get(name);
    if (id === undefined) throw new Error(`the request names no host ${name}`);
    return id;
  };
  for (const { name, host } of request.vfolders ?? []) {
    await services.vfolders.create({ name, ...(host !== undefined && { host: idOf(host) }) }, {});
  }
  for (const { name, host, path } of request.links ?? []) {
    await services.vfolders.link({ name, target: { kind: 'host', host: idOf(host), path }, permission: 'rw' }, {});
  }
}

function perform(core: Core, work: ClientWork): Promise<Done> {
  switch (work.kind) {
    case 'list':
      return list(core, work);
    case 'load':
      return load(core, work);
    case 'transfer':
      return transfer(core, work);
    case 'launch':
      return launch(core, work);
    case 'job':
      return runJob(core, work.spec);
  }
}

/** What the page of a job reads at once. */
const pageBytes = 256 * 1024;

/** A job to its end, well. */
async function succeeded({ services, changes }: Core, spec: JobSpec, shown: boolean): Promise<Job> {
  const ended = new Map<number, Job>();
  const woken = Promise.withResolvers<void>();
  let wanted: number | null = null;
  const off = changes.on((change) => {
    if (change.type !== 'job' || !hasEnded(change.job.state)) return;
    ended.set(change.job.id, change.job);
    if (change.job.id === wanted) woken.resolve();
  });
  const { id } = await services.jobs.run({ spec, shown }, {});
  wanted = id;
  if (!ended.has(id)) await woken.promise;
  off();
  const job = ended.get(id);
  if (job?.state !== 'succeeded') throw new Error(job?.problem?.message ?? 'the job did not succeed');
  return job;
}

async function runJob(core: Core, spec: JobSpec): Promise<Done> {
  const { id } = await succeeded(core, spec, false);
  const page = await core.services.jobs.readLog({ id, from: -pageBytes, limit: pageBytes }, {});
  if (!page.end) throw new Error('the log is not whole');
  return { files: 1, bytes: page.size };
}

const over: readonly Transfer['state'][] = ['done', 'failed', 'waiting', 'cancelled'];

/** One transfer until the change that tells its end; anything but `done` fails. */
async function transfer(core: Core, work: Extract<ClientWork, { kind: 'transfer' }>): Promise<Done> {
  const ended = Promise.withResolvers<Transfer>();
  core.changes.on((change) => {
    if (change.type === 'transfer' && over.includes(change.transfer.state)) ended.resolve(change.transfer);
  });
  await core.services.transfers.start({ sources: [...work.sources], destination: work.destination, conflict: 'overwrite' }, {});
  const { state, problem, files, bytes } = await ended.promise;
  if (state !== 'done') throw new Error(`the transfer ended as ${state}: ${problem?.message}`);
  return { files: files.done, bytes: bytes.done };
}

async function list(core: Core, work: Extract<ClientWork, { kind: 'list' }>): Promise<Done> {
  const begun = performance.now();
  let firstMs: number | null = null;
  let files = 0;
  for await (const { entries } of await core.services.files.list({ vfolder: work.vfolder, path: work.path }, {})) {
    if (entries.length > 0) firstMs ??= performance.now() - begun;
    files += entries.length;
  }
  return { firstMs, files, bytes: 0 };
}

async function load(core: Core, { vfolder, path }: { readonly vfolder: string; readonly path: string }): Promise<Done> {
  let files = 0;
  let bytes = 0;
  for await (const progress of await core.services.cache.load({ vfolder, path }, {})) {
    files = progress.doneFiles;
    bytes = progress.doneBytes;
  }
  return { files, bytes };
}

/** What was listed for a plan a moment ago is taken for recent for so long. */
const pastRecentMs = 31_000;
const formMs = 10_000;

/** The same job without its mounts, from a form that shows its plan, and from the command line. */
async function launch(core: Core, work: Extract<ClientWork, { kind: 'launch' }>): Promise<Done> {
  const { spec } = work;
  const done = await load(core, work.load);
  const bare = { ...spec, mounts: [] };
  await beginning(core, bare, false);
  const bareMs = await beginning(core, bare, false);
  const again = await beginning(core, spec, false);
  await setTimeout(pastRecentMs);
  // A form that was opened some seconds ago.
  await core.services.plan.preview({ spec }, {});
  await setTimeout(formMs);
  const shown = await beginning(core, spec, true);
  return { ...done, launches: { bare: bareMs, shown, again } };
}

/** Milliseconds until the command of a job began. */
async function beginning(core: Core, spec: JobSpec, shown: boolean): Promise<number> {
  const asked = Date.now();
  const { startedAt } = await succeeded(core, spec, shown);
  return (startedAt ?? Number.NaN) - asked;
}
