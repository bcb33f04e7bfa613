import { text } from 'node:stream/consumers';
import { StowageError } from '#shared/errors.ts';
import { interruptedExit } from './interrupt.ts';

/** How a secret may be given besides being typed. Never as an argument: those are seen by everybody on the machine. */
export interface SecretWays {
  /** Read it from standard input. */
  readonly keyStdin?: boolean | undefined;
  /** What is asked for, e.g. “Account key or SAS”. */
  readonly what: string;
  /** Names of the environment variables that may hold it, for the hint. */
  readonly variables: readonly string[];
}

/**
 * A secret from standard input, or typed at the terminal, where it is not shown.
 * @throws StowageError `bad-request` when there is neither
 */
export async function readSecret({ keyStdin, what, variables }: SecretWays): Promise<string> {
  if (keyStdin) {
    const given = (await text(process.stdin)).trim();
    if (given !== '') return given;
    throw new StowageError('bad-request', 'Standard input is empty, where the secret was to come from.');
  }
  if (process.stdin.isTTY) {
    const typed = (await typeHidden(`${what}: `)).trim();
    if (typed !== '') return typed;
    throw new StowageError('bad-request', `${what} is empty.`);
  }
  throw new StowageError('bad-request', `${what} is not given.`, {
    hint: `Set ${variables.join(' or ')}, pipe it in with --key-stdin, or run this in a terminal to be asked.`,
  });
}

/** Asks at the terminal without showing what is typed or pasted. Ctrl+C ends the process. */
function typeHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve) => {
    let typed = '';
    const end = (): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
    };
    const take = (chunk: string): void => {
      for (const key of chunk) {
        if (key === '\r' || key === '\n' || key === '\x04') {
          end();
          resolve(typed);
          return;
        }
        if (key === '\x03') {
          end();
          process.exit(interruptedExit);
        }
        if (key === '\x7f' || key === '\b') typed = typed.slice(0, -1);
        else if (key >= ' ') typed += key;
      }
    };
    // Before anybody is asked: what is pasted at once would be shown.
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.on('data', take);
    stdin.resume();
    stderr.write(question);
  });
}
