import type { Output } from './output.ts';
import type { Session } from './session.ts';

/** What every command works with. */
export interface Context {
  readonly client: Session['client'];
  readonly session: Session;
  readonly output: Output;
}

/** Wraps a command: opens the session, runs it, prints what fails, sets the exit code. */
// biome-ignore lint/suspicious/noExplicitAny: commander passes arguments and options as its declarations say; each command types them itself
export type Act = (command: (context: Context, ...args: any[]) => Promise<void>) => (...args: unknown[]) => Promise<void>;
