import { type Command, InvalidArgumentError } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import type { Job, JobDetail, LogChunk } from '#shared/contract/jobs.ts';
import type { JobSpec } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act, Context } from './act.ts';
import { planText } from './describe-plan.ts';
import { addExportCommand } from './export-command.ts';
import { exitCodeOf, nextChange, printLog, withChanges } from './follow.ts';
import { interruptible } from './interrupt.ts';
import { addLiveCommands } from './live-commands.ts';
import { count, parseId, size, table, time } from './output.ts';
import { addProvenanceCommands } from './provenance-commands.ts';
import { addQueueCommand } from './queue-command.ts';
import { type SpecOptions, toSpec, withSpec } from './run-options.ts';

const whole =
  (from: number, to: number) =>
  (value: string): number => {
    const parsed = Number(value);
    if (!/^\d+$/.test(value) || parsed < from || parsed > to)
      throw new InvalidArgumentError(`Write a whole number from ${from} to ${to}.`);
    return parsed;
  };

/** `stowage run …` and `stowage plan …` */
export function addRunCommands(program: Command, act: Act): void {
  withSpec(program.command('run'))
    .description('runs a job over mounted vfolders; ends with its exit code')
    .option('--rm', 'forget the job when it has ended; its outputs stay')
    .option('-d, --detach', 'do not wait for it')
    .action(
      act((context, command: string[], options: SpecOptions & RunOptions) => runJob(context, toSpec(command, options), options)),
    );
  withSpec(program.command('plan'))
    .description('shows what a job would see, without running it')
    .action(
      act(async ({ client, output }, command: string[], options: SpecOptions) => {
        const plan = await client.plan.preview({ spec: toSpec(command, options) });
        output.result(plan, planText);
        if (!plan.runnable) process.exitCode = 64;
      }),
    );
}

export interface RunOptions {
  rm?: boolean;
  detach?: boolean;
}

/** Runs a job and, unless detached, waits for its end; the exit code is that of the job. */
export async function runJob(context: Context, spec: JobSpec, options: RunOptions): Promise<void> {
  const { client, session, output } = context;
  const job = await client.jobs.run({ spec });
  if (options.detach) {
    // Without an app there is nobody else to start it.
    if (session.own) await waitUntil(client, job.id, (now) => now.endedAt !== null || now.state === 'running');
    output.result(
      await client.jobs.get({ id: job.id }),
      (now) => `Job ${now.id} (${now.name}) is ${now.state}. Follow it with: stowage job logs -f ${now.id}`,
    );
    return;
  }
  const stopped = await waitFor(context, job, output.json);
  const done = await client.jobs.get({ id: job.id });
  if (options.rm) await client.jobs.remove({ id: job.id });
  if (done.problem && done.exitCode === null && stopped === null) {
    throw new StowageError(done.problem.code, done.problem.message, {
      subject: done.problem.subject,
      detail: done.problem.detail,
      hint: done.problem.hint,
    });
  }
  process.exitCode = stopped ?? exitCodeOf(done);
  if (output.json) output.result(done, () => '');
  else process.stderr.write(`${summary(done)}\n`);
}

/**
 * Prints the job's output until it has ended. Ctrl+C stops the job; a second one leaves it to the engine. Gives the exit
 * code when the command was interrupted, else null.
 */
async function waitFor({ client, session }: Context, job: Job, quiet: boolean): Promise<number | null> {
  await session.share();
  const stop = (): void => {
    if (!process.stderr.errored) process.stderr.write('\nStopping the job (again: leave it running) …\n');
    // It may have ended by itself meanwhile.
    void client.jobs.stop({ id: job.id }).catch(() => {});
  };
  const { stopped } = await interruptible(stop, async () => {
    if (!quiet) await printLog(client, job.id, { follow: true });
    await waitUntil(client, job.id, (now) => now.endedAt !== null);
  });
  return stopped;
}

function waitUntil(client: StowageClient, id: number, reached: (job: Job) => boolean): Promise<void> {
  return withChanges(client, async (changes) => {
    while (!reached(await client.jobs.get({ id }))) {
      await nextChange(changes, (change) => (change.type === 'job' && change.job.id === id ? true : null));
    }
  });
}

function summary(job: Job): string {
  const where = job.output ? `; outputs in ${job.output.vfolder}:/${job.output.path}` : '';
  const why = job.problem ? `: ${job.problem.message.replace(/\.$/, '')}` : '';
  return `Job ${job.id} (${job.name}) ${job.state}${why}${where}`;
}

/** `stowage job …` */
export function addJobCommands(program: Command, act: Act): void {
  const job = program.command('job').description('jobs and their logs');
  job
    .command('list')
    .description('jobs, newest first')
    .option('-n, --limit <count>', 'at most this many', whole(1, 1000), 50)
    .option('-f, --filter <words>', 'only with all these words in name, state, engine, image or command')
    .action(
      act(async ({ client, output }, { limit, filter }: { limit: number; filter?: string }) => {
        const ids = filter === undefined ? undefined : (await client.jobs.find({ filter })).ids.slice(0, limit);
        output.result(await client.jobs.list({ limit, ids }), (jobs) =>
          table(
            ['ID', 'NAME', 'STATE', 'ENGINE', 'IMAGE', 'STARTED', 'EXIT', 'LOG'],
            jobs.map((each) => [
              each.id,
              each.name,
              each.state,
              each.engine,
              each.image ?? '',
              time(each.startedAt),
              each.exitCode ?? '',
              { bytes: each.logBytes },
            ]),
          ),
        );
      }),
    );
  addQueueCommand(job, act);
  job
    .command('show <id>')
    .description('one job with its plan')
    .action(
      act(async ({ client, output }, id: string) => {
        output.result(await client.jobs.get({ id: jobId(id) }), details);
      }),
    );
  job
    .command('logs <id>')
    .description('what a job printed')
    .option('-f, --follow', 'go on until it has ended')
    .action(
      act(async ({ client, output }, id: string, options: { follow?: boolean }) => {
        if (output.json) output.result(await readWhole(client, jobId(id)), () => '');
        else await printLog(client, jobId(id), { follow: options.follow ?? false });
      }),
    );
  job
    .command('stop <id>')
    .description('SIGTERM, after the grace SIGKILL')
    .option('--grace <seconds>', 'seconds between them', whole(0, 3600))
    .action(
      act(async ({ client, output }, id: string, options: { grace?: number }) => {
        output.result(await client.jobs.stop({ id: jobId(id), graceSeconds: options.grace }), summary);
      }),
    );
  job
    .command('rerun <id>')
    .description('a new job of the same spec')
    .option('--same-inputs', 'only when its folders and image are what the job got')
    .action(
      act(async (context, id: string, options: { sameInputs?: boolean }) => {
        const { client, output } = context;
        const again = await client.jobs.rerun({ id: jobId(id), inputs: options.sameInputs ? 'same' : 'newest' });
        const stopped = await waitFor(context, again, output.json);
        const done = await client.jobs.get({ id: again.id });
        process.exitCode = stopped ?? exitCodeOf(done);
        if (output.json) output.result(done, () => '');
        else process.stderr.write(`${summary(done)}\n`);
      }),
    );
  addProvenanceCommands(job, act);
  addLiveCommands(job, act);
  job
    .command('copy-back <id>')
    .description('copies back again what could not be when the job ended')
    .action(
      act(async ({ client, output }, id: string) => {
        output.result(await client.jobs.copyBack({ id: jobId(id) }), details);
      }),
    );
  addExportCommand(job, act);
  job
    .command('remove <id>')
    .description('forgets an ended job and its log; its outputs stay')
    .action(
      act(async ({ client, output }, id: string) => {
        output.result(await client.jobs.remove({ id: jobId(id) }), () => `Removed job ${id}.`);
      }),
    );
}

/** The pieces of a log as they are now. */
async function readWhole(client: StowageClient, id: number): Promise<LogChunk[]> {
  const chunks: LogChunk[] = [];
  for (let from = 0; ; ) {
    const page = await client.jobs.readLog({ id, from, limit: 1_048_576 });
    chunks.push(...page.chunks);
    if (page.end || page.next === from) return chunks;
    from = page.next;
  }
}

function details(job: JobDetail): string {
  const facts: [name: string, value: string][] = [
    ['Command', job.command.join(' ')],
    ['Engine', `${job.engine}${job.image ? `, image ${job.image}` : ''}`],
    ['Created', time(job.createdAt)],
    ['Started', time(job.startedAt)],
    ['Ended', time(job.endedAt)],
    ['Log', size(job.logBytes)],
    ...job.plan.mounts.map((mount): [string, string] => [
      'Mount',
      `${mount.source} → ${mount.target} (${mount.mode}, ${mount.approach})`,
    ]),
    ...job.plan.links.map((link): [string, string] => ['Link', `${link.path} → ${link.target}`]),
    ...job.copiedBack.flatMap(({ mount, files, removed, conflicts, leftOut }): [string, string][] => [
      ['Back', `${job.plan.mounts[mount]?.source ?? ''}: ${count(files, 'file')} copied back, ${removed} removed`],
      ...conflicts.map(({ path, keptAs }): [string, string] => [
        'Conflict',
        keptAs === path
          ? `${path} was changed by somebody else: not removed`
          : `${path} was changed by somebody else: kept as ${keptAs}`,
      ]),
      ...leftOut.map((path): [string, string] => ['Left out', `${path} is a link or a special file`]),
    ]),
  ];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `  ${name.padEnd(8)} ${visible(value)}`);
  return [summary(job), ...lines].join('\n');
}

const jobId = (text: string): number => parseId(text, 'job');
