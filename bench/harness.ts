import { fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { builtClient } from './build-client.ts';
import type { ClientReport, ClientRequest } from './client.ts';

/** What one run of one side gave. */
export interface Sample {
  /** In the bench's unit. */
  readonly value: number;
  /** CPU seconds of the client process (and its children that ended), where it is known. */
  readonly cpuSeconds: number | null;
  /** Peak resident memory of the client process in bytes, where it is known. */
  readonly peakBytes: number | null;
  /** Milliseconds of start-up before the work, which `value` leaves out; absent where `value` holds everything. */
  readonly startMs?: number;
  /** Further figures of the same run and unit: each becomes a result of its own, called `NAME-KEY`. */
  readonly also?: Readonly<Record<string, number>>;
}

export interface Side {
  readonly name: string;
  /** `round` is -1 for the round that warms up. What it prepares and cleans up around the timed work is its own. */
  run(round: number): Promise<Sample>;
}

/** One piece of work, done by us and by peers in turn. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  /** True when a smaller value is better (times). */
  readonly smallerIsBetter: boolean;
  /** Rounds that count. */
  readonly rounds: number;
  /** False: no round before them warms up every side. */
  readonly warmsUp?: false;
  prepare(): Promise<Prepared>;
}

export interface Prepared {
  readonly ours: Side;
  /** Each is compared with ours in a result of its own. */
  readonly peers: readonly Side[];
  cleanUp(): Promise<void>;
}

/** Ours against one peer, in medians. */
export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** Above 1: ours is better. */
  readonly ratio: number | null;
  readonly oursStartMs: number | null;
  readonly oursCpuSeconds: number | null;
  readonly peerCpuSeconds: number | null;
  readonly oursPeakBytes: number | null;
  readonly peerPeakBytes: number | null;
  readonly runs: readonly { ours: Sample; peer: Sample | null }[];
}

/** Median of the known values; null when none is. */
export function median(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined).toSorted((a, b) => a - b);
  const middle = known.length >> 1;
  if (known.length === 0) return null;
  return known.length % 2 === 1 ? (known[middle] ?? null) : ((known[middle - 1] ?? 0) + (known[middle] ?? 0)) / 2;
}

/**
 * Runs all sides in turn. Which is first changes with every round, and who follows whom with every other: what a side
 * leaves behind (memory in the page cache, a busy disk) and a drift of the machine meet all alike.
 */
export async function measure(bench: Bench): Promise<Result[]> {
  const { ours, peers, cleanUp } = await bench.prepare();
  try {
    const sides = [ours, ...peers];
    const samples = new Map<Side, Sample[]>(sides.map((side) => [side, []]));
    for (let round = bench.warmsUp === false ? 0 : -1; round < bench.rounds; round++) {
      const turns = sides.map((_, turn) => sides[(round + 1 + turn) % sides.length] ?? ours);
      for (const side of round % 2 === 0 ? turns : turns.toReversed()) {
        const sample = await side.run(round);
        if (round >= 0) samples.get(side)?.push(sample);
        console.error(`  ${side.name}${round < 0 ? ' (warming up)' : ''}: ${sample.value.toFixed(1)} ${bench.unit}`);
      }
    }
    const own = samples.get(ours) ?? [];
    const against = peers.length === 0 ? [null] : peers;
    return against.flatMap((peer) => compare(bench, peer?.name ?? null, own, (peer && samples.get(peer)) ?? []));
  } finally {
    await cleanUp();
  }
}

/** The result of the main figure, and one for each further figure that ours gives. */
function compare(bench: Bench, peerName: string | null, ours: readonly Sample[], peer: readonly Sample[]): Result[] {
  const more = Object.keys(ours[0]?.also ?? {});
  return [
    summarise(bench, bench.name, peerName, ours, peer, ({ value }) => value),
    ...more.map((key) => summarise(bench, `${bench.name}-${key}`, peerName, ours, peer, ({ also }) => also?.[key] ?? null)),
  ];
}

function summarise(
  bench: Bench,
  name: string,
  peerName: string | null,
  ours: readonly Sample[],
  peer: readonly Sample[],
  figure: (sample: Sample) => number | null,
): Result {
  const own = median(ours.map(figure)) ?? Number.NaN;
  const other = median(peer.map(figure));
  const ratio = other === null ? null : bench.smallerIsBetter ? other / own : own / other;
  return {
    name,
    unit: bench.unit,
    ours: own,
    peer: other,
    peerName,
    ratio,
    oursStartMs: median(ours.map(({ startMs }) => startMs)),
    oursCpuSeconds: median(ours.map(({ cpuSeconds }) => cpuSeconds)),
    peerCpuSeconds: median(peer.map(({ cpuSeconds }) => cpuSeconds)),
    oursPeakBytes: median(ours.map(({ peakBytes }) => peakBytes)),
    peerPeakBytes: median(peer.map(({ peakBytes }) => peakBytes)),
    runs: ours.map((sample, index) => ({ ours: sample, peer: peer[index] ?? null })),
  };
}

/**
 * Runs a command to its end: wall milliseconds, CPU seconds of it and its children (the shell's `time`), peak memory.
 * Its own output is dropped. Fails when it fails. Secrets belong into `env`, never into `args`.
 */
export async function timeCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Sample> {
  const script = 'TIMEFORMAT="%U %S"; exec 3>&1 1>/dev/null; { time "$@" 2>/dev/null; } 2>&3';
  const begun = performance.now();
  const shell = spawn('bash', ['-c', script, 'bash', command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
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

/**
 * Lets Stowage do one piece of work in a process of its own, with a fresh data directory (see client.ts), built as it is
 * shipped: Node spends time and memory on TypeScript that users never pay for. `value` is the
 * milliseconds from the call that starts the work until its end is told; the start of the process and of the core stand
 * in `startMs`. CPU seconds and peak memory are those of the whole process, its start included.
 */
export async function timeClient(request: ClientRequest): Promise<Sample & { readonly report: ClientReport }> {
  const program = await builtClient();
  const begun = performance.now();
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const told: ClientReport[] = [];
  child.on('message', (message) => told.push(message as ClientReport));
  child.send(request);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const whole = performance.now() - begun;
  const [report] = told;
  if (code !== 0 || !report) throw new Error(`the client of the benchmark ended with ${code}`);
  const { ms, cpuSeconds, peakBytes, closeMs } = report;
  return { value: ms, cpuSeconds, peakBytes, startMs: whole - ms - closeMs, report };
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
      'start ms': number(result.oursStartMs, 0),
      'cpu s': `${number(result.oursCpuSeconds, 2)} / ${number(result.peerCpuSeconds, 2)}`,
      'peak RSS': `${megabytes(result.oursPeakBytes)} / ${megabytes(result.peerPeakBytes)}`,
    })),
  );
}
