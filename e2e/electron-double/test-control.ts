/** The test's own line to the double: reports go out, questions come in, over the child process's IPC channel. */
import { EventEmitter } from 'node:events';

export type Report = { type: string } & Record<string, unknown>;

export const control = new EventEmitter();

export function report(message: Report): void {
  process.send?.(message);
}

interface Question {
  readonly id: number;
  readonly question: string;
  readonly argument: unknown;
}

process.on('message', (message: Question) => {
  const reply = (answer: unknown): void => report({ type: 'answer', id: message.id, answer });
  if (!control.emit(message.question, message.argument, reply))
    reply({ error: `the double knows no question “${message.question}”` });
});
// The channel must not keep the process alive when the app quits.
process.channel?.unref();
