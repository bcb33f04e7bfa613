import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { StowageError } from '#shared/errors.ts';
import type { EngineShell, ShellCapable, TerminalSize } from '../engine.ts';
import { becomeShellScript, closeScript, greetScript, splitGreeting, terminalEnvironment, writeBounded } from '../terminal.ts';
import { type CallSubject, statusOf, wordsOf } from './errors.ts';

type Call = <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>) => Promise<Value>;

/** Shells by the engine's `exec`, on a terminal. */
export const createShellOpener = (call: Call): ShellCapable => ({
  openShell: (reference, size) =>
    call({ container: reference }, async (docker) => {
      const container = docker.getContainer(reference);
      const exec = await container
        .exec({
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Tty: true,
          Env: terminalEnvironment.map(({ name, value }) => `${name}=${value}`),
          Cmd: ['/bin/sh', '-c', `${greetScript}\n${becomeShellScript}`],
        })
        .catch((error: unknown) => {
          throw isNotRunning(error) ? notRunning(reference, error) : error;
        });
      const stream = await exec.start({ hijack: true, stdin: true, Tty: true });
      // A connection that breaks is the end of the output.
      stream.on('error', () => {});
      const greeted = await splitGreeting(chunksOf(stream));
      if (!greeted) {
        stream.destroy();
        throw notBegun(await exec.inspect());
      }
      const shell = execShell(container, exec, stream, greeted);
      await shell.resize(size);
      return shell;
    }),
});

function execShell(
  container: Docker.Container,
  exec: Docker.Exec,
  stream: Duplex,
  { pid, output }: { pid: number; output: AsyncIterable<Uint8Array> },
): EngineShell {
  let closing: Promise<void> | null = null;
  return {
    output,
    write: (text) => writeBounded(stream, text),
    resize: async ({ columns, rows }: TerminalSize) => {
      // One that has just ended has no size any more.
      await exec.resize({ h: rows, w: columns }).catch(() => {});
    },
    exitCode: async () => {
      const facts = await exec.inspect().catch(() => null);
      return facts?.ExitCode ?? null;
    },
    close: () => {
      closing ??= hangUp(container, exec, pid).finally(() => stream.destroy());
      return closing;
    },
  };
}

/** The engine lets a shell run on when its connection ends, so it is hung up from the inside. */
async function hangUp(container: Docker.Container, exec: Docker.Exec, pid: number): Promise<void> {
  try {
    if (!(await exec.inspect()).Running) return;
    const ending = await container.exec({ Cmd: ['/bin/sh', '-c', closeScript, 'sh', String(pid)] });
    (await ending.start({ Detach: true })).destroy();
  } catch {
    // The container has ended, and the shell with it; or the engine is away, and the shell ends with the job.
  }
}

async function* chunksOf(stream: Duplex): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch {
    // Closed by us, or broken off: either way there is no more.
  }
}

/** Podman answers so with 500. */
const isNotRunning = (error: unknown): boolean =>
  statusOf(error) === 409 || /exec sessions on running containers/i.test(wordsOf(error));

const notRunning = (reference: string, cause: unknown): StowageError =>
  new StowageError('wrong-state', 'The container of this job does not run.', { subject: reference }, { cause });

/** With 126 or 127 the engine says that there is no such program. */
const notBegun = ({ ExitCode }: Docker.ExecInspectInfo): StowageError =>
  ExitCode === 126 || ExitCode === 127
    ? new StowageError('command-not-found', 'There is no shell in the image of this job.', {
        subject: '/bin/sh',
        hint: 'Use an image with /bin/sh for jobs that you want to look into.',
      })
    : new StowageError('engine-error', 'The shell ended before it began.', { detail: `/bin/sh: exit code ${ExitCode}` });
