/**
 * Globs over names and paths: `*` and `?` inside a name, `[a-z]` and `[!a-z]`, `{a,b}`, `**` across folders, `\` before a
 * character that is meant as itself. Matching takes at most length × length steps, whatever the pattern.
 */

/** A piece of a pattern for one name. `any` stands for `*`. */
export type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

export type NamePattern = readonly Token[];
/** Names of a path in order; `**` stands for any number of folders, none too. */
export type PathPattern = readonly (NamePattern | '**')[];

/** Whether a word is meant as a glob rather than as a piece of a name. */
export const isGlob = (word: string): boolean => /[*?[{]/.test(word);

const maxAlternatives = 64;

/**
 * The texts that `{a,b}` stands for, nested ones too; braces without a comma or an end stand for themselves.
 * @returns null when there are more than 64
 */
export function expandBraces(pattern: string): string[] | null {
  const done: string[] = [];
  const open = [pattern];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    const group = firstGroup(text);
    if (!group) done.push(text);
    else
      for (const option of group.options.toReversed()) open.push(text.slice(0, group.start) + option + text.slice(group.end + 1));
    if (done.length + open.length > maxAlternatives) return null;
  }
  return done;
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly options: readonly string[];
}

/** The first `{…,…}` that is closed. */
function firstGroup(text: string): Group | null {
  for (let start = 0; start < text.length; start++) {
    if (text[start] === '\\') start++;
    else if (text[start] === '{') {
      const group = groupAt(text, start);
      if (group) return group;
    }
  }
  return null;
}

function groupAt(text: string, start: number): Group | null {
  const options: string[] = [];
  let from = start + 1;
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\') at++;
    else if (letter === '{') depth++;
    else if (letter === ',' && depth === 0) {
      options.push(text.slice(from, at));
      from = at + 1;
    } else if (letter === '}' && depth-- === 0) {
      if (options.length === 0) return null;
      return { start, end: at, options: [...options, text.slice(from, at)] };
    }
  }
  return null;
}

/** The pattern of one name; what closes nothing stands for itself. */
export function parseName(pattern: string): NamePattern {
  const tokens: Token[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') tokens.push({ kind: 'literal', text: literal });
    literal = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern.charAt(at);
    const found = letter === '[' ? classAt(pattern, at) : null;
    if (found) {
      flush();
      tokens.push(found.token);
      at = found.end;
      continue;
    }
    at++;
    if (letter === '*' || letter === '?') {
      flush();
      if (letter === '?') tokens.push({ kind: 'one' });
      else if (tokens.at(-1)?.kind !== 'any') tokens.push({ kind: 'any' });
    } else if (letter === '\\' && at < pattern.length) literal += pattern.charAt(at++);
    else literal += letter;
  }
  flush();
  return tokens;
}

function classAt(pattern: string, start: number): { token: Token; end: number } | null {
  const match = /^\[([!^]?)(\]?[^\]]*)\]/su.exec(pattern.slice(start));
  if (!match || match[2] === '') return null;
  const letters = [...(match[2] ?? '')];
  const ranges: [string, string][] = [];
  for (let at = 0; at < letters.length; at++) {
    const from = letters[at] ?? '';
    const to = letters[at + 2];
    if (letters[at + 1] === '-' && to !== undefined) {
      ranges.push([from, to]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return { token: { kind: 'class', negated: match[1] !== '', ranges }, end: start + match[0].length };
}

/** The patterns of the names of a path; empty ones (`//`, a `/` at an end) are left out. */
export const parsePath = (pattern: string): PathPattern =>
  pattern
    .split('/')
    .filter((name) => name !== '')
    .map((name) => (/^\*{2,}$/.test(name) ? '**' : parseName(name)));

/** Whether `fits` holds from some position on: goes back to the last `any` only, so that time is bounded. */
export function matchesName(pattern: NamePattern, name: string): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  for (;;) {
    const next = pattern[token];
    if (next === undefined && at === name.length) return true;
    if (next?.kind === 'any') {
      starToken = token++;
      starAt = at;
      continue;
    }
    const length = next === undefined ? -1 : fits(next, name, at);
    if (length >= 0) {
      token++;
      at += length;
      continue;
    }
    if (starToken < 0 || starAt >= name.length) return false;
    starAt += widthAt(name, starAt);
    token = starToken + 1;
    at = starAt;
  }
}

/** UTF-16 units of the character at a position: one `?` takes a whole one. */
const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** How much of the name a token takes at `at`; -1 when it does not match. */
function fits(token: Token, name: string, at: number): number {
  if (token.kind === 'literal') return name.startsWith(token.text, at) ? token.text.length : -1;
  if (at >= name.length || token.kind === 'any') return -1;
  const width = widthAt(name, at);
  if (token.kind === 'one') return width;
  const code = name.codePointAt(at) ?? 0;
  const inside = token.ranges.some(([from, to]) => code >= (from.codePointAt(0) ?? 0) && code <= (to.codePointAt(0) ?? 0));
  return inside === token.negated ? -1 : width;
}

/** Whether the names of a path match; goes back to the last `**` only. */
export function matchesPath(pattern: PathPattern, names: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let starPart = -1;
  let starAt = 0;
  for (;;) {
    const next = pattern[part];
    if (next === undefined && at === names.length) return true;
    if (next === '**') {
      starPart = part++;
      starAt = at;
      continue;
    }
    const name = names[at];
    if (next !== undefined && name !== undefined && matchesName(next, name)) {
      part++;
      at++;
      continue;
    }
    if (starPart < 0 || starAt >= names.length) return false;
    starAt++;
    part = starPart + 1;
    at = starAt;
  }
}
