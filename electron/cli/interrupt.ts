/** Exit codes of a shell for a program that ended by Ctrl+C, and for one whose reader went away. */
export const interruptedExit = 130;
const brokenPipeExit = 141;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is to be ended in good order, newest last; ended by a signal, or when nobody reads our output any more. */
const running: ((exitCode: number) => void)[] = [];

const isBroken = (error: NodeJS.ErrnoException): boolean => error.code === 'EPIPE' || error.code === 'EOF';

/** Makes a reader that goes away (`stowage job logs 1 | head`) end the command quietly. Called once. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isBroken(error)) throw error;
      const stop = running.at(-1);
      if (stop) stop(brokenPipeExit);
      else process.exit(brokenPipeExit);
    });
  }
}

/**
 * Runs `work`. At the first Ctrl+C (or SIGTERM, SIGHUP, or when the reader goes away) `stop` is called, once, and `work`
 * goes on to its end; a second signal ends the process at once. Says with which exit code it was stopped, or null.
 */
export async function interruptible<T>(stop: () => void, work: () => Promise<T>): Promise<{ result: T; stopped: number | null }> {
  let stopped: number | null = null;
  const end = (exitCode: number): void => {
    release();
    if (stopped !== null) return;
    stopped = exitCode;
    stop();
  };
  const onSignal = (signal: NodeJS.Signals): void =>
    end(signal === 'SIGINT' ? interruptedExit : signal === 'SIGTERM' ? 143 : 129);
  const release = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  running.push(end);
  try {
    return { result: await work(), stopped };
  } finally {
    running.splice(running.indexOf(end), 1);
    release();
  }
}
