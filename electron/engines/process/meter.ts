import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { MeterCapable, UsageReading } from '../engine.ts';
import { runProcesses } from './main-process.ts';
import { readRecord } from './run-directory.ts';

const everyMilliseconds = 1000;
/** USER_HZ, in which Linux tells times to programs on every processor that it runs on today. */
const ticksPerSecond = 100;

/** Readings from the process table of this machine (Linux): the run's processes, and those that they waited for. */
export const createMeter = (directoryOf: (reference: string) => string): MeterCapable => ({
  meter: (reference, { signal }) => readings(directoryOf(reference), signal),
});

async function* readings(directory: string, signal: AbortSignal): AsyncGenerator<UsageReading, void> {
  await readRecord(directory);
  for (let highest: UsageReading | null = null; !signal.aborted; ) {
    const reading = await readUsage(directory);
    if (!reading) return;
    highest = notLess(reading, highest);
    yield highest;
    await delay(everyMilliseconds, undefined, { signal }).catch(() => {});
  }
}

async function readUsage(directory: string): Promise<UsageReading | null> {
  const running = await runProcesses(directory);
  if (!running) return null;
  const uses = await Promise.all([running.supervisor, ...running.below].map(({ pid }) => readProcess(pid)));
  const sum = (of: (use: ProcessUse) => number): number => uses.reduce((total, use) => total + of(use), 0);
  return {
    at: Date.now(),
    cpuSeconds: sum(({ ticks }) => ticks) / ticksPerSecond,
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    network: null,
    disk: { read: sum(({ read }) => read), written: sum(({ written }) => written) },
  };
}

/** What a process whose parent did not wait for it had used is lost with it; counters that grow never go back for that. */
function notLess(reading: UsageReading, before: UsageReading | null): UsageReading {
  if (!before?.disk || !reading.disk) return reading;
  return {
    ...reading,
    cpuSeconds: Math.max(reading.cpuSeconds, before.cpuSeconds),
    disk: {
      read: Math.max(reading.disk.read, before.disk.read),
      written: Math.max(reading.disk.written, before.disk.written),
    },
  };
}

interface ProcessUse {
  readonly ticks: number;
  readonly memoryBytes: number;
  readonly read: number;
  readonly written: number;
}

async function readProcess(pid: number): Promise<ProcessUse> {
  // One that has ended meanwhile has nothing to tell, nor has one of another user about its files.
  const [stat, status, io] = await Promise.all(
    ['stat', 'status', 'io'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  const field = (text: string | undefined, name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? 0);
  return {
    ticks: ticksOf(stat ?? ''),
    // Memory that only it can give back: neither the program's file nor files that it mapped.
    memoryBytes: (field(status, 'RssAnon') + field(status, 'RssShmem')) * 1024,
    read: field(io, 'read_bytes'),
    written: field(io, 'write_bytes'),
  };
}

/** User and system time of a process and of the children that it waited for (proc(5): fields 14 to 17). */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + (Number(ticks) || 0), 0);
}
