import type { Writable } from 'node:stream';
import { StowageError } from '#shared/errors.ts';

/** What programs on a terminal are told about it. */
export const terminalEnvironment = [
  { name: 'TERM', value: 'xterm-256color' },
  { name: 'COLORTERM', value: 'truecolor' },
] as const;

/** Says the number of this process, which leads the session that is hung up when the shell is closed. */
export const greetScript = `printf '\\033]7717;%s\\007' "$$"`;

/** Becomes the shell: bash where there is one, else the system's. $1, where given, is the folder to begin in. */
export const becomeShellScript = `
[ -n "$1" ] && cd "$1" 2>/dev/null
command -v bash >/dev/null 2>&1 && exec bash
exec sh
`;

/** Hangs up the session of $1, and a second later kills what did not mind. */
export const closeScript = `
session=$1
each() {
  for stat in /proc/[0-9]*/stat; do
    { read -r line < "$stat"; } 2>/dev/null || continue
    pid=\${stat#/proc/}
    set -- \${line##*) }
    [ "$4" = "$session" ] && kill "-$signal" "\${pid%/stat}" 2>/dev/null
  done
}
signal=HUP; each
signal=CONT; each
sleep 1
signal=KILL; each
`;

const greeting = /\x1b\]7717;(\d+)\x07/;
/** An engine's complaint in the place of a greeting is longer than this at most by what nobody reads. */
const longestGreeting = 4096;

/** The number that the script said, and the output after it; null when the output ended without one. */
export async function splitGreeting(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly pid: number; readonly output: AsyncIterable<Uint8Array> } | null> {
  const chunks = source[Symbol.asyncIterator]();
  let begun = Buffer.alloc(0);
  while (begun.length < longestGreeting) {
    const next = await chunks.next();
    if (next.done) return null;
    begun = Buffer.concat([begun, next.value]);
    const found = greeting.exec(begun.toString('latin1'));
    if (found) return { pid: Number(found[1]), output: rest(begun.subarray(found.index + found[0].length), chunks) };
  }
  return null;
}

async function* rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  if (first.length > 0) yield first;
  yield* { [Symbol.asyncIterator]: () => chunks };
}

/** A program that reads nothing leaves so much waiting before more is refused. */
const mostWaiting = 256 * 1024;

/** @throws `stalled` */
export function writeBounded(stream: Writable, text: string): void {
  if (!stream.writable) return;
  if (stream.writableLength > mostWaiting)
    throw new StowageError('stalled', 'The program in the shell does not read what is typed.', {
      hint: 'Wait for it, or close the shell.',
    });
  stream.write(text);
}
