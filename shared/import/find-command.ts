import { secondsOf } from './amounts.ts';
import type { ImportSource, Remark } from './imported.ts';
import type { ShellCommand, Word } from './shell.ts';

/** A command that can be imported, out of what was pasted. */
export interface FoundCommand {
  readonly source: ImportSource;
  /** `docker`, `podman`, `nvidia-docker` … */
  readonly program: string;
  /** `run`, `session create` … */
  readonly subcommand: string;
  /** What stands behind them. */
  readonly words: readonly Word[];
  readonly assignments: ReadonlyMap<string, string>;
  /** Of a `timeout` before it. */
  readonly maxSeconds: number | null;
}

const subcommands: Readonly<Record<string, { source: ImportSource; names: readonly string[] }>> = {
  docker: { source: 'docker', names: ['run', 'container run', 'create', 'container create'] },
  podman: { source: 'docker', names: ['run', 'container run', 'create', 'container create'] },
  nerdctl: { source: 'docker', names: ['run', 'container run', 'create'] },
  'nvidia-docker': { source: 'docker', names: ['run', 'container run'] },
  floyd: { source: 'floyd', names: ['run'] },
  'backend.ai': { source: 'backend-ai', names: ['run', 'start', 'session create', 'session start', 'session run'] },
  cl: { source: 'codalab', names: ['run'] },
};

/** Options of the programs themselves that take a value and stand before the subcommand. */
const ownValues = new Set([
  '-H',
  '--host',
  '-c',
  '--context',
  '--config',
  '-l',
  '--log-level',
  '--endpoint',
  '--namespace',
  '-n',
]);

/** Programs that run another one, with their options. */
const wrappers = new Set(['sudo', 'exec', 'time', 'nohup', 'command', 'env']);

/** The first command of a text that can be imported, and what stands beside it. Null: there is none. */
export function findCommand(commands: readonly ShellCommand[]): { found: FoundCommand; remarks: Remark[] } | null {
  for (const [index, command] of commands.entries()) {
    const found = readCommand(command);
    if (found === null) continue;
    const beside = commands.filter((_, at) => at !== index).map(({ words }) => words.map(({ text }) => text).join(' '));
    const remarks: Remark[] = [
      ...beside.map(remarkOn),
      ...command.redirects.map(
        (what): Remark => ({ kind: 'lost', what: clipped(what), why: 'leads elsewhere what the job’s log keeps' }),
      ),
    ];
    return { found, remarks };
  }
  return null;
}

/** Folders are made by whoever mounts them; everything else is missing. */
const remarkOn = (what: string): Remark =>
  what.startsWith('mkdir ')
    ? { kind: 'needless', what: clipped(what), why: 'is done for the folders that a job needs' }
    : { kind: 'lost', what: clipped(what), why: 'is a command of its own, and one job runs one' };

const clipped = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function readCommand({ words, assignments }: ShellCommand): FoundCommand | null {
  const given = new Map(assignments);
  let maxSeconds: number | null = null;
  let rest = words;
  for (let hops = 0; hops < 8; hops += 1) {
    const [first, ...others] = rest;
    if (first === undefined) return null;
    const name =
      first.text
        .split(/[/\\]/)
        .at(-1)
        ?.replace(/\.exe$/, '') ?? '';
    if (name === 'timeout') {
      const cut = others.findIndex(({ text }) => /^\d/.test(text));
      if (cut < 0) return null;
      maxSeconds = secondsOf(others[cut]?.text ?? '');
      rest = others.slice(cut + 1);
    } else if (wrappers.has(name)) {
      rest = others.slice(skipOptions(others, given));
    } else return readProgram(name, others, { assignments: given, maxSeconds });
  }
  return null;
}

/** Options of a wrapper and assignments behind it, as `sudo -E A=1` and `env A=1` have them. */
function skipOptions(words: readonly Word[], assignments: Map<string, string>): number {
  let at = 0;
  for (; at < words.length; at += 1) {
    const text = words[at]?.text ?? '';
    const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text);
    if (assignment?.[1]) assignments.set(assignment[1], assignment[2] ?? '');
    else if (/^-[ugC]$/.test(text)) at += 1;
    else if (!text.startsWith('-')) break;
  }
  return at;
}

function readProgram(
  program: string,
  words: readonly Word[],
  rest: Pick<FoundCommand, 'assignments' | 'maxSeconds'>,
): FoundCommand | null {
  if (!Object.hasOwn(subcommands, program)) return null;
  const { source, names } = subcommands[program] ?? { source: 'docker', names: [] };
  let at = 0;
  for (; words[at]?.text.startsWith('-'); at += 1) if (ownValues.has(words[at]?.text ?? '')) at += 1;
  const [first, second] = [words[at]?.text ?? '', words[at + 1]?.text ?? ''];
  if (names.includes(`${first} ${second}`))
    return { source, program, subcommand: `${first} ${second}`, words: words.slice(at + 2), ...rest };
  return names.includes(first) ? { source, program, subcommand: first, words: words.slice(at + 1), ...rest } : null;
}
