import type { Problem } from '../contract/base.ts';

/** How a command ended, as an engine tells it. */
export interface Ending {
  /** null: killed, and no code is known. 128+n: by the signal n. */
  readonly code: number | null;
  readonly oomKilled: boolean;
  /** The engine's own words, when it could not run it. */
  readonly message: string | null;
}

/** What the cause is told about. */
export interface EndingContext {
  readonly command: readonly string[];
  readonly memoryBytes: number | null;
}

/** Linux' signals that end a process, as they are found in exit codes. */
const signals: Readonly<Record<number, { name: string; meaning: string }>> = {
  1: { name: 'SIGHUP', meaning: 'its terminal was closed' },
  2: { name: 'SIGINT', meaning: 'it was interrupted' },
  3: { name: 'SIGQUIT', meaning: 'it was asked to quit' },
  4: { name: 'SIGILL', meaning: 'it ran an instruction that this processor does not have' },
  5: { name: 'SIGTRAP', meaning: 'it hit a breakpoint' },
  6: { name: 'SIGABRT', meaning: 'it gave itself up after an internal error' },
  7: { name: 'SIGBUS', meaning: 'it touched memory that is not there; often the shared memory is too small' },
  8: { name: 'SIGFPE', meaning: 'it calculated something undefined, such as a division by zero' },
  9: { name: 'SIGKILL', meaning: 'it was killed from outside' },
  11: { name: 'SIGSEGV', meaning: 'it touched memory that is not its own' },
  13: { name: 'SIGPIPE', meaning: 'the reader of its output was gone' },
  14: { name: 'SIGALRM', meaning: 'its own alarm went off' },
  15: { name: 'SIGTERM', meaning: 'it was asked to end' },
  24: { name: 'SIGXCPU', meaning: 'it used up its processor time' },
  25: { name: 'SIGXFSZ', meaning: 'it wrote a file larger than allowed' },
  31: { name: 'SIGSYS', meaning: 'it made a system call that is not allowed here' },
};

/** The name of a signal, e.g. `SIGKILL`; `signal 40` when it has none here. */
export const signalName = (signal: number): string => signals[signal]?.name ?? `signal ${signal}`;

/** Why a run did not succeed, in words; null when it did. */
export function causeOf(ending: Ending, context: EndingContext): Problem | null {
  if (ending.code === 0 && !ending.oomKilled) return null;
  const detail = ending.message === null ? {} : { detail: ending.message };
  if (ending.oomKilled) return { ...outOfMemory(ending, context), ...detail };
  if (ending.code === null)
    return {
      code: 'job-failed',
      message: ending.message ?? 'The job was killed, and the engine knows no exit code.',
      ...detail,
    };
  return { ...causeOfCode(ending.code, context), ...detail };
}

function outOfMemory(ending: Ending, context: EndingContext): Problem {
  const limit = context.memoryBytes === null ? '' : ` of ${formatBytes(context.memoryBytes)}`;
  const which =
    ending.code === 0 || (ending.code !== null && ending.code !== 137)
      ? `A process of the job was killed because the job used up its memory${limit} (exit code ${ending.code})`
      : `The job was killed because it used up its memory${limit}`;
  return {
    code: 'job-failed',
    message: `${which}.`,
    hint:
      context.memoryBytes === null
        ? 'This machine ran out of memory: close other programs, or let the job use less.'
        : 'Give the job more memory, or let it use less.',
  };
}

function causeOfCode(code: number, context: EndingContext): Problem {
  const command = context.command[0] ?? 'The command';
  if (code === 126)
    return {
      code: 'command-not-executable',
      message: `“${command}” ended with exit code 126: the command was found but cannot be executed.`,
      subject: command,
      hint: 'Check its permissions (chmod +x) and its first line (#!).',
    };
  if (code === 127)
    return {
      code: 'command-not-found',
      message: `“${command}” ended with exit code 127: a command was not found.`,
      subject: command,
      hint: 'Check the spelling, and that the program is in the image.',
    };
  if (code === 125)
    return { code: 'job-failed', message: 'The job ended with exit code 125: the engine or the command could not run it.' };
  if (code > 128 && code < 128 + 65) return causeOfSignal(code);
  return {
    code: 'job-failed',
    message: `The command ended with exit code ${code}.`,
    hint: 'Its last lines of output usually say why.',
  };
}

function causeOfSignal(code: number): Problem {
  const signal = code - 128;
  const known = signals[signal];
  return {
    code: 'job-failed',
    message: `The command was ended by ${signalName(signal)} (exit code ${code})${known ? `: ${known.meaning}` : ''}.`,
    ...(signal === 9 && { hint: 'Someone killed it, or this machine ran out of memory.' }),
    ...(signal === 7 && { hint: 'Give the job more shared memory.' }),
  };
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Math.round(value * 10) / 10} ${units[unit]}`;
}
