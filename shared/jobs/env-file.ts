/** What was read from a `.env` file. */
export interface EnvFile {
  /** In the order of the file; of equal names the last. */
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** Lines that say nothing that can be taken. Their text is not told: it may be a secret. */
  readonly refused: readonly { readonly line: number; readonly why: string }[];
}

/** Larger files are no environments. */
export const mostEnvFileBytes = 1024 * 1024;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads a `.env` file as dotenv does: `NAME=value` lines, `export ` before them, comments, values in single quotes or
 * backquotes as they are, in double quotes with `\n`, `\t`, `\"`…, all of them over several lines, and CRLF. Nothing is
 * expanded: `$HOME` stays as it is written.
 */
export function parseEnvFile(text: string): EnvFile {
  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const variables = new Map<string, string>();
  const refused: { line: number; why: string }[] = [];
  let line = 1;
  for (let at = 0; at < source.length; ) {
    const read = readLine(source, at);
    if ('why' in read) refused.push({ line, why: read.why });
    else if (read.name !== null) {
      variables.delete(read.name);
      variables.set(read.name, read.value);
    }
    for (let passed = at; passed < read.end; passed += 1) if (source[passed] === '\n') line += 1;
    at = read.end;
  }
  return { variables: [...variables].map(([name, value]) => ({ name, value })), refused };
}

/** One line, or as many as its quotes reach over; `end` is where the next begins. */
type Line = ({ name: string; value: string } | { name: null } | { why: string }) & { end: number };

const beginning = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)?[ \t]*(=?)[ \t]*/y;

function readLine(source: string, at: number): Line {
  const next = lineEnd(source, at) + 1;
  const rest = source.slice(at, next).trim();
  if (rest === '' || rest.startsWith('#')) return { name: null, end: next };
  beginning.lastIndex = at;
  const match = beginning.exec(source);
  const name = match?.[1];
  if (!match || name === undefined) return { why: 'it does not begin with a name', end: next };
  if (match[2] === '') return { why: 'there is no “=” after the name', end: next };
  const from = at + match[0].length;
  const quote = source[from];
  if (from >= next || (quote !== '"' && quote !== "'" && quote !== '`')) {
    return { name, value: bare(source.slice(Math.min(from, next), next)), end: next };
  }
  const quoted = readQuoted(source, from, quote);
  if (quoted === null) return { why: 'its quote is left open', end: next };
  const end = lineEnd(source, quoted.end) + 1;
  const after = source.slice(quoted.end, end).trim();
  if (after !== '' && !after.startsWith('#')) return { why: 'there is more after its closing quote', end };
  return { name, value: quoted.value, end };
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

/** A value without quotes ends at a comment. */
const bare = (text: string): string => text.replace(/(^|\s)#[^\n]*/, '').trim();

function readQuoted(source: string, from: number, quote: string): { value: string; end: number } | null {
  if (quote !== '"') {
    const end = source.indexOf(quote, from + 1);
    return end < 0 ? null : { value: source.slice(from + 1, end), end: end + 1 };
  }
  let value = '';
  for (let at = from + 1; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (character === '"') return { value, end: at + 1 };
    const escaped = source[at + 1];
    if (character !== '\\' || escaped === undefined) value += character;
    else {
      value += escapes[escaped] ?? ('"\\$`'.includes(escaped) ? escaped : `\\${escaped}`);
      at += 1;
    }
  }
  return null;
}
