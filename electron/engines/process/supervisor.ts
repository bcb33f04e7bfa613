import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * The fixed script that runs a command so that it outlives the app: `sh -c SCRIPT sh RUNDIR COMMAND…`. Nothing of the
 * request is ever part of the script. `started` is made once, so a run that is started twice runs once. The trap keeps
 * the script alive through the SIGTERM that ends its command; ignoring the signal would be inherited by the command.
 */
export const supervisorScript = `
dir=$1; shift
mkdir "$dir/started" 2>/dev/null || exit 125
trap : TERM HUP INT
echo $$ > "$dir/pid"
"$@" >>"$dir/output" 2>&1 </dev/null &
child=$!
while :; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || break
done
echo "$code" > "$dir/exit.part" && mv "$dir/exit.part" "$dir/exit"
`;

/** True when the process is the supervisor of this run directory, and not another one with a recycled id. */
export async function isSupervisor(pid: number, runDirectory: string): Promise<boolean> {
  return (await commandLine(pid)).includes(runDirectory);
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
}

/**
 * Signals what the supervisor runs, not the supervisor, which must write down the exit. `bwrap` itself gets only
 * SIGKILL: SIGTERM would end it before its command could end by itself.
 */
export async function signalCommand(supervisor: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (process.platform !== 'linux') {
    send(-supervisor, signal);
    return;
  }
  for (const { pid, name } of await descendants(supervisor)) {
    if (signal === 'SIGKILL' || name !== 'bwrap') send(pid, signal);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

async function descendants(root: number): Promise<{ pid: number; name: string }[]> {
  const found: { pid: number; name: string }[] = [];
  const waiting = [root];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const threads = await readdir(`/proc/${parent}/task`).catch(() => []);
    for (const thread of threads) {
      const children = await readFile(`/proc/${parent}/task/${thread}/children`, 'utf8').catch(() => '');
      for (const pid of children.split(' ').filter(Boolean).map(Number)) {
        const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
        found.push({ pid, name });
        waiting.push(pid);
      }
    }
  }
  return found;
}
