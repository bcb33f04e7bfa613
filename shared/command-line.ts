/** A command as it was typed, taken apart the way a POSIX shell splits words, without ever running a shell. */
export interface ParsedCommand {
  /** The words, quotes and escapes resolved. */
  readonly argv: string[];
  /** A sentence when a quote is left open or a backslash ends the line; null when it reads well. */
  readonly error: string | null;
  /** Unquoted signs that only a shell understands (`|`, `>`, `&&`, `$HOME`, `*` …), each once: here they are plain text. */
  readonly shellSyntax: string[];
}

const blank = /\s/;
const operators = ['&&', '||', '>>', '<<', '2>', '|', '>', '<', ';', '&', '`', '$(', '*', '?', '~/'];

/** Which sign of a shell begins at `at`, if any. */
function operatorAt(text: string, at: number, wordStart: boolean): string | null {
  const variable = /^\$(?:\w+|\{\w+\})/.exec(text.slice(at, at + 80));
  if (variable) return variable[0];
  const found = operators.find((operator) => text.startsWith(operator, at));
  if (found === undefined) return null;
  return (found === '~/' || found === '2>') && !wordStart ? null : found;
}

interface Scan {
  readonly text: string;
  at: number;
  word: string | null;
  error: string | null;
}

/** Reads `'…'`: everything is literal. */
function readSingleQuoted(scan: Scan): void {
  const end = scan.text.indexOf("'", scan.at + 1);
  scan.word = (scan.word ?? '') + scan.text.slice(scan.at + 1, end < 0 ? undefined : end);
  scan.at = end < 0 ? scan.text.length : end + 1;
  if (end < 0) scan.error = 'A single quote is left open.';
}

/** Reads `"…"`: a backslash escapes `"`, `\`, `$`, a backquote and a line break; it stays before anything else. */
function readDoubleQuoted(scan: Scan, syntax: Set<string>): void {
  const { text } = scan;
  let word = scan.word ?? '';
  let at = scan.at + 1;
  for (; at < text.length && text[at] !== '"'; at += 1) {
    const next = text[at + 1];
    if (text[at] === '\\' && next !== undefined && '"\\$`\n'.includes(next)) {
      if (next !== '\n') word += next;
      at += 1;
      continue;
    }
    const operator = text[at] === '$' || text[at] === '`' ? operatorAt(text, at, false) : null;
    if (operator) syntax.add(operator);
    word += text[at];
  }
  if (at >= text.length) scan.error = 'A double quote is left open.';
  scan.word = word;
  scan.at = at + 1;
}

function readEscape(scan: Scan): void {
  const next = scan.text[scan.at + 1];
  if (next === undefined) scan.error = 'The command ends with a backslash.';
  else if (next !== '\n') scan.word = (scan.word ?? '') + next;
  scan.at += 2;
}

/** Splits a typed command into its words. An empty or blank text gives no words. */
export function parseCommandLine(text: string): ParsedCommand {
  const argv: string[] = [];
  const syntax = new Set<string>();
  const scan: Scan = { text, at: 0, word: null, error: null };
  while (scan.at < text.length) {
    const sign = text[scan.at] ?? '';
    if (sign === "'") readSingleQuoted(scan);
    else if (sign === '"') readDoubleQuoted(scan, syntax);
    else if (sign === '\\') readEscape(scan);
    else if (blank.test(sign)) {
      if (scan.word !== null) argv.push(scan.word);
      scan.word = null;
      scan.at += 1;
    } else {
      const operator = operatorAt(text, scan.at, scan.word === null);
      if (operator) syntax.add(operator);
      const length = operator?.length ?? 1;
      scan.word = (scan.word ?? '') + text.slice(scan.at, scan.at + length);
      scan.at += length;
    }
  }
  if (scan.word !== null) argv.push(scan.word);
  return { argv, error: scan.error, shellSyntax: [...syntax] };
}

/** One word as a shell would have to be given it. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The words as one line that {@link parseCommandLine} reads back to the same words. */
export const formatCommandLine = (argv: readonly string[]): string => argv.map(quoteWord).join(' ');

/** What is typed in the form: a line of words, or a script for `sh -c`. */
export interface TypedCommand {
  readonly text: string;
  readonly shell: boolean;
}

/** The words to run for what was typed. */
export function toArgv(typed: TypedCommand): ParsedCommand {
  if (!typed.shell) return parseCommandLine(typed.text);
  const argv = typed.text.trim() === '' ? [] : ['sh', '-c', typed.text];
  return { argv, error: null, shellSyntax: [] };
}

/** Words as a person would have typed them: `sh -c SCRIPT` becomes the script with the shell switched on. */
export function fromArgv(argv: readonly string[]): TypedCommand {
  const [program, flag, script, ...rest] = argv;
  if (program === 'sh' && flag === '-c' && script !== undefined && rest.length === 0 && script.trim() !== '')
    return { text: script, shell: true };
  return { text: formatCommandLine(argv), shell: false };
}
