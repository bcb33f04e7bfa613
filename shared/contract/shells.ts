import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { method } from './base.ts';

const size = { columns: z.number().int().min(1).max(1000), rows: z.number().int().min(1).max(1000) };
/** The id of an open shell; nobody but who opened it knows it. */
const shell = z.string().max(100);

/** How far the output of a shell may be ahead of what its reader has told to have taken, in characters. */
export const shellWindow = 128 * 1024;
/** The most that is written at once, in characters. */
export const longestShellInput = 16 * 1024;

export const shellEventSchema = z.discriminatedUnion('type', [
  /** The first. */
  z.object({ type: z.literal('opened'), shell }),
  z.object({ type: z.literal('output'), text: z.string() }),
  /** The last, unless the stream breaks. */
  z.object({ type: z.literal('ended'), exitCode: z.number().nullable() }),
]);
export type ShellEvent = z.infer<typeof shellEventSchema>;

export const shellsContract = {
  /**
   * Opens a shell in a running job. It lives as long as the stream is read: it ends with the job, with its reader's
   * connection, and when the reader returns. @throws `wrong-state` when the job does not run, `unsupported`,
   * `command-not-found` where there is no shell, `in-use` when too many are open
   */
  open: method.input(z.object({ job: z.number().int(), ...size })).output(eventIterator(shellEventSchema)),
  /** What is typed. @throws `not-found` for a shell that has ended, `stalled` when the shell takes nothing */
  write: method.input(z.object({ shell, text: z.string().max(longestShellInput) })).output(z.void()),
  resize: method.input(z.object({ shell, ...size })).output(z.void()),
  /** The reader has shown so many characters of the output: a shell waits for a reader that falls behind. */
  taken: method.input(z.object({ shell, length: z.number().int().nonnegative() })).output(z.void()),
  /** Hangs up. No error when it has ended. */
  close: method.input(z.object({ shell })).output(z.void()),
};
