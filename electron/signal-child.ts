import type { ChildProcess } from 'node:child_process';

/**
 * Ends a program that was started here. One that could not be started has no number, and until Node has noticed, its own
 * `kill` would signal everything that this process was started with.
 */
export function signalChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  if (child.pid !== undefined) child.kill(signal);
}
