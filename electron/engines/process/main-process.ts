import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import { descendants, type ProcessEntry, processTable, wrapperPids } from './processes.ts';
import { readRecord, runFiles, runState } from './run-directory.ts';

/** The processes of a run as they are now: the supervisor, and all below it. Null when it does not run. */
export async function runProcesses(directory: string): Promise<{ supervisor: ProcessEntry; below: ProcessEntry[] } | null> {
  const { state, supervisor } = await runState(directory);
  if (state !== 'running' || !supervisor) return null;
  const table = await processTable();
  const entry = table.find(({ pid }) => pid === supervisor.pid);
  return entry ? { supervisor: entry, below: descendants(table, supervisor.pid) } : null;
}

/** A command is executed soon after its supervisor was recorded: so long it is looked for. */
const startMilliseconds = 5000;
const lookMilliseconds = 20;

/**
 * The process of a run's own command: the first one below what Stowage and bubblewrap put around it, with the folder in
 * which it began. @throws `wrong-state` when it does not run
 */
export async function mainProcess(directory: string): Promise<{ pid: number; workdir: string; wrapped: boolean }> {
  const { request } = await readRecord(directory);
  const wrapped = (await stat(runFiles(directory).arguments).catch(() => null)) !== null;
  for (const until = performance.now() + startMilliseconds; performance.now() < until; await delay(lookMilliseconds)) {
    const running = await runProcesses(directory);
    if (!running) break;
    const { supervisor, below } = running;
    const wrappers = wrapped ? wrapperPids(below, supervisor.pid) : new Set<number>();
    const main = below.find(({ pid, state }) => !wrappers.has(pid) && !state.startsWith('Z'));
    if (main) return { pid: main.pid, workdir: request.workdir, wrapped };
  }
  throw new StowageError('wrong-state', 'This run does not run.', { subject: directory });
}
