import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process as this machine's table shows it. `begun` tells a recycled pid from the one that was recorded. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly state: string;
  readonly begun: string;
}

const run = promisify(execFile);

/** A line of /proc/PID/stat; the name in it may hold spaces and brackets. */
function parseStat(pid: number, text: string): ProcessEntry {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return { pid, state: fields[0] ?? '', parent: Number(fields[1]), group: Number(fields[2]), begun: fields[19] ?? '' };
}

async function readStat(pid: number): Promise<ProcessEntry | null> {
  try {
    return parseStat(pid, await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

const columns = ['-o', 'pid=,ppid=,pgid=,state=,lstart='];

function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*?)\s*$/.exec(line);
    if (!match) return [];
    return [
      { pid: Number(match[1]), parent: Number(match[2]), group: Number(match[3]), state: match[4] ?? '', begun: match[5] ?? '' },
    ];
  });
}

/** The live process of this pid that began then, or null: ended, a zombie, or another one with its number. */
export async function findProcess(pid: number, begun: string): Promise<ProcessEntry | null> {
  const entry =
    process.platform === 'linux'
      ? await readStat(pid)
      : await run('ps', [...columns, '-p', String(pid)]).then(
          ({ stdout }) => parsePs(stdout)[0] ?? null,
          () => null,
        );
  return entry && entry.begun === begun.trim() && !entry.state.startsWith('Z') ? entry : null;
}

export async function processTable(): Promise<ProcessEntry[]> {
  if (process.platform !== 'linux') return parsePs((await run('ps', ['-A', ...columns])).stdout);
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  return (await Promise.all(pids.map(readStat))).filter((entry) => entry !== null);
}

/** All below `root`, by descent, and those of its process group; without `root` itself. Nearest first. */
export function descendants(table: readonly ProcessEntry[], root: number): ProcessEntry[] {
  const below = new Set([root]);
  const found: ProcessEntry[] = [];
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of table) {
      if (below.has(entry.pid) || !(below.has(entry.parent) || entry.group === root)) continue;
      below.add(entry.pid);
      found.push(entry);
      grown = true;
    }
  }
  return found;
}

/** A signal to a process that may be gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Below a supervisor, the processes that bubblewrap keeps around the command: its outer one, and the init of its namespace. */
export function wrapperPids(below: readonly ProcessEntry[], supervisor: number): Set<number> {
  const outer = below.filter(({ parent }) => parent === supervisor).map(({ pid }) => pid);
  const inner = below.filter(({ parent }) => outer.includes(parent)).map(({ pid }) => pid);
  return new Set([...outer, ...inner]);
}
