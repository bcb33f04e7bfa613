import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StowageError } from '#shared/errors.ts';
import { signalChild } from '../../signal-child.ts';
import type { EngineShell, ShellCapable } from '../engine.ts';
import { becomeShellScript, greetScript, splitGreeting, terminalEnvironment, writeBounded } from '../terminal.ts';
import { mainProcess } from './main-process.ts';
import { descendants, findProcess, processTable, signalProcess } from './processes.ts';

const run = promisify(execFile);
const graceMilliseconds = 1000;

/** The programs above are found by Stowage's own PATH, what is typed by the run's. */
const shellScript = `
PATH=$STOWAGE_SHELL_PATH
unset STOWAGE_SHELL_PATH
${becomeShellScript}
`;

/**
 * What runs on the terminal that `script` makes. All that it needs to know comes in variables, which the shell does not see:
 * the namespaces to enter (fixed options), the process that has them, and the folder to begin in.
 */
const enterScript = `
${greetScript}
place=$STOWAGE_SHELL_PLACE target=$STOWAGE_SHELL_TARGET namespaces=$STOWAGE_SHELL_NAMESPACES become=$STOWAGE_SHELL_BECOME
unset STOWAGE_SHELL_PLACE STOWAGE_SHELL_TARGET STOWAGE_SHELL_NAMESPACES STOWAGE_SHELL_BECOME STOWAGE_SHELL_ENTER
[ -z "$namespaces" ] && exec /bin/sh -c "$become" sh "$place"
exec nsenter --target "$target" $namespaces -- /bin/sh -c "$become" sh "$place"
`;

type Terminal = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Shells on a terminal that util-linux' `script` makes (Linux), with the environment of the run's own command, and inside of
 * the namespaces that bubblewrap gave it.
 */
export const createShellOpener = (directoryOf: (reference: string) => string): ShellCapable => ({
  openShell: async (reference, size) => {
    if (process.platform !== 'linux') throw unsupported('Shells into jobs of this machine are for Linux only.');
    const { pid, workdir, wrapped } = await mainProcess(directoryOf(reference));
    const environment = await environmentOf(pid);
    const namespaces = await foreignNamespaces(pid);
    const child: Terminal = spawn('script', ['-q', '-e', '-f', '-c', 'exec /bin/sh -c "$STOWAGE_SHELL_ENTER"', '/dev/null'], {
      env: {
        ...environment,
        ...Object.fromEntries(terminalEnvironment.map(({ name, value }) => [name, value])),
        SHELL: '/bin/sh',
        STOWAGE_SHELL_ENTER: enterScript,
        STOWAGE_SHELL_BECOME: shellScript,
        STOWAGE_SHELL_PATH: environment.PATH ?? '',
        PATH: process.env.PATH,
        STOWAGE_SHELL_TARGET: String(pid),
        STOWAGE_SHELL_NAMESPACES: namespaces.join(' '),
        STOWAGE_SHELL_PLACE: wrapped ? workdir : await readlink(`/proc/${pid}/cwd`),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit').then(
      ([code]) => code as number | null,
      () => null,
    );
    const failed = new Promise<null>((resolve) => child.once('error', () => resolve(null)));
    child.stdin.on('error', () => {});
    const greeted = await Promise.race([splitGreeting(chunksOf(child.stdout)), failed]);
    if (!greeted) {
      signalChild(child, 'SIGKILL');
      throw unsupported('A terminal for the shell could not be made on this machine.');
    }
    const shell = processShell(child, greeted, exited);
    await shell.resize(size);
    return shell;
  },
});

const unsupported = (message: string): StowageError =>
  new StowageError('unsupported', message, { hint: 'The programs “script” and “nsenter” of util-linux are needed.' });

function processShell(
  child: Terminal,
  { pid, output }: { pid: number; output: AsyncIterable<Uint8Array> },
  exited: Promise<number | null>,
): EngineShell {
  let closing: Promise<void> | null = null;
  return {
    output,
    write: (text) => writeBounded(child.stdin, text),
    resize: async ({ columns, rows }) => {
      // The terminal of a shell that has just ended is gone.
      await run('stty', ['-F', `/proc/${pid}/fd/0`, 'rows', String(rows), 'cols', String(columns)]).catch(() => {});
    },
    exitCode: () => exited,
    close: () => {
      closing ??= hangUp(child, exited);
      return closing;
    },
  };
}

/** The terminal goes, of which the system tells the shell and what is in its foreground; what does not mind is killed. */
async function hangUp(child: Terminal, exited: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const below = descendants(await processTable(), child.pid);
  signalChild(child);
  child.stdout.destroy();
  const grace = delay(graceMilliseconds).then(() => signalChild(child, 'SIGKILL'));
  await Promise.race([exited, grace]);
  for (const { pid, begun } of below) if (await findProcess(pid, begun)) signalProcess(pid, 'SIGHUP');
  await delay(graceMilliseconds);
  for (const { pid, begun } of below) if (await findProcess(pid, begun)) signalProcess(pid, 'SIGKILL');
}

async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch {
    // Closed by us: there is no more.
  }
}

async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

/** The options by which `nsenter` enters the namespaces of a process that are not our own. */
async function foreignNamespaces(pid: number): Promise<string[]> {
  const isForeign = async (name: string): Promise<boolean> =>
    (await readlink(`/proc/${pid}/ns/${name}`)) !== (await readlink(`/proc/self/ns/${name}`));
  const options: readonly (readonly [string, string])[] = [
    ['user', '--user --preserve-credentials'],
    ['mnt', '--mount'],
    ['pid', '--pid'],
    ['net', '--net'],
    ['ipc', '--ipc'],
    ['uts', '--uts'],
  ];
  const foreign = await Promise.all(options.map(async ([name, option]) => ((await isForeign(name)) ? [option] : [])));
  return foreign.flat();
}
