import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * For tests of `kill -9`: a child tells its states and waits at each for the test's word, so that it is killed at the one
 * that the test has chosen, however busy the machine is. What its threads have in hand goes on meanwhile.
 */

/** In the child: tells a state, and waits until it may go on. */
export function tell(state: unknown): void {
  writeSync(1, `${JSON.stringify(state)}\n`);
  while (!hasWord()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function hasWord(): boolean {
  try {
    readSync(0, new Uint8Array(1));
    return true;
  } catch (error) {
    // The pipe does not block.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
    throw error;
  }
}

let child: ChildProcess | undefined;

/** Runs a script beside this file until it ends, or until a state satisfies `enough`, at which it is killed. Gives all states. */
export async function runChild<State>(
  script: string,
  args: readonly string[],
  enough: (state: State) => boolean,
  options: SpawnOptions = {},
): Promise<State[]> {
  const started = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = started;
  // It may have ended before it hears the last word.
  started.stdin?.on('error', () => {});
  const ended = new Promise((resolve) => started.once('exit', resolve));
  const states: State[] = [];
  if (!started.stdout) throw new Error('the child has no output');
  for await (const text of createInterface({ input: started.stdout })) {
    const state = JSON.parse(text) as State;
    states.push(state);
    if (enough(state)) started.kill('SIGKILL');
    else started.stdin?.write('\n');
  }
  await ended;
  return states;
}

/** After each test: ends what a test that failed has left. */
export const endChild = (): void => void child?.kill('SIGKILL');
