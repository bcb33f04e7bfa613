import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** What one run of one side gave. */
export interface Sample {
  /** In the bench's unit. */
  readonly value: number;
  /** CPU seconds of the client process (and its children that ended), where it is known. */
  readonly cpuSeconds: number | null;
  /** Peak resident memory of the client process in bytes, where it is known. */
  readonly peakBytes: number | null;
}

export interface Side {
  readonly name: string;
  run(round: number): Promise<Sample>;
}

/** One piece of work, done by us and by a peer in turn. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  /** True when a smaller value is better (times). */
  readonly smallerIsBetter: boolean;
  /** Rounds that count; one more before them warms up both sides. */
  readonly rounds: number;
  prepare(): Promise<{ ours: Side; peer: Side | null; cleanUp(): Promise<void> }>;
}

export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** Above 1: ours is better. */
  readonly ratio: number | null;
  readonly oursCpuSeconds: number | null;
  readonly peerCpuSeconds: number | null;
  readonly oursPeakBytes: number | null;
  readonly peerPeakBytes: number | null;
  readonly runs: readonly { ours: Sample; peer: Sample | null }[];
}

/** Median of the known values; null when none is. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const middle = known.length >> 1;
  if (known.length === 0) return null;
  return known.length % 2 === 1 ? (known[middle] ?? null) : ((known[middle - 1] ?? 0) + (known[middle] ?? 0)) / 2;
}

/** Runs both sides in turn, the first of each round changing, so that a drift of the machine meets both alike. */
export async function measure(bench: Bench): Promise<Result[]> {
  const { ours, peer, cleanUp } = await bench.prepare();
  try {
    const runs: { ours: Sample; peer: Sample | null }[] = [];
    for (let round = -1; round < bench.rounds; round++) {
      const oursFirst = round % 2 === 0;
      const before = oursFirst ? null : peer && (await peer.run(round));
      const own = await ours.run(round);
      const other = before ?? (peer && (await peer.run(round)));
      if (round >= 0) runs.push({ ours: own, peer: other });
    }
    return [summarise(bench, peer, runs)];
  } finally {
    await cleanUp();
  }
}

function summarise(bench: Bench, peer: Side | null, runs: Result['runs']): Result {
  const of = (side: 'ours' | 'peer', key: keyof Sample): number | null => median(runs.map((run) => run[side]?.[key] ?? null));
  const own = of('ours', 'value') ?? Number.NaN;
  const other = of('peer', 'value');
  const ratio = other === null ? null : bench.smallerIsBetter ? other / own : own / other;
  return {
    name: bench.name,
    unit: bench.unit,
    ours: own,
    peer: other,
    peerName: peer?.name ?? null,
    ratio,
    oursCpuSeconds: of('ours', 'cpuSeconds'),
    peerCpuSeconds: of('peer', 'cpuSeconds'),
    oursPeakBytes: of('ours', 'peakBytes'),
    peerPeakBytes: of('peer', 'peakBytes'),
    runs,
  };
}

/**
 * Runs a command to its end: wall milliseconds, CPU seconds of it and its children (the shell's `time`), peak memory.
 * Its own output is dropped. Fails when it fails.
 */
export async function timeCommand(command: string, args: readonly string[]): Promise<Sample> {
  const script = 'TIMEFORMAT="%U %S"; exec 3>&1 1>/dev/null; { time "$@" 2>/dev/null; } 2>&3';
  const begun = performance.now();
  const shell = spawn('bash', ['-c', script, 'bash', command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const peak = watchPeak(() => childOf(shell.pid));
  const times: Buffer[] = [];
  shell.stdout.on('data', (chunk: Buffer) => times.push(chunk));
  const code = await new Promise((resolve, reject) => shell.once('error', reject).once('close', resolve));
  const value = performance.now() - begun;
  const peakBytes = peak();
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  const [user = 0, system = 0] = Buffer.concat(times).toString().trim().split(' ').map(Number);
  return { value, cpuSeconds: user + system, peakBytes };
}

/** The first child of a process, on Linux. */
function childOf(pid: number | undefined): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}

/** Samples the peak memory (VmHWM) of a process every 5 ms; the returned function ends it. Null where /proc is missing. */
export function watchPeak(pid: () => number | undefined): () => number | null {
  let peak: number | null = null;
  const look = (): void => {
    try {
      const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1];
      if (kilobytes) peak = Math.max(peak ?? 0, Number(kilobytes) * 1024);
    } catch {
      // The process has ended or not begun, or this is no Linux.
    }
  };
  const timer = setInterval(look, 5);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** Runs work in this process: wall milliseconds, its CPU seconds, peak memory of the process. */
export async function timeWork(work: () => Promise<void> | void): Promise<Sample> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const value = performance.now() - begun;
  const used = process.cpuUsage(cpu);
  return { value, cpuSeconds: (used.user + used.system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

export function printTable(results: readonly Result[]): void {
  const number = (value: number | null, digits = 1): string => (value === null ? '-' : value.toFixed(digits));
  const megabytes = (value: number | null): string => (value === null ? '-' : `${(value / 1024 ** 2).toFixed(0)} MiB`);
  console.table(
    results.map((result) => ({
      name: result.name,
      ours: `${number(result.ours)} ${result.unit}`,
      peer: result.peerName === null ? '-' : `${number(result.peer)} ${result.unit} (${result.peerName})`,
      ratio: number(result.ratio, 2),
      'cpu s': `${number(result.oursCpuSeconds, 2)} / ${number(result.peerCpuSeconds, 2)}`,
      'peak RSS': `${megabytes(result.oursPeakBytes)} / ${megabytes(result.peerPeakBytes)}`,
    })),
  );
}
