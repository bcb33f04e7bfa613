import { type LogLine, lineText } from './log-model.ts';

export interface LogMatch {
  /** Index of the line among those kept. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** More are counted as “many”: nobody steps through them, and a flood must not fill the memory. */
export const mostMatches = 20_000;

/** Every place where `wanted` stands, whatever its case; none for ''. */
export function findMatches(lines: readonly LogLine[], wanted: string): LogMatch[] {
  const needle = wanted.toLowerCase();
  const matches: LogMatch[] = [];
  if (needle === '') return matches;
  for (let line = 0; line < lines.length && matches.length < mostMatches; line += 1) {
    const found = lines[line];
    if (!found) continue;
    const text = lineText(found).toLowerCase();
    for (let start = text.indexOf(needle); start >= 0; start = text.indexOf(needle, start + needle.length))
      matches.push({ line, start, end: start + needle.length });
  }
  return matches;
}

/** The first match at or after a line; the first of all when none follows; -1 without any. */
export function matchFrom(matches: readonly LogMatch[], line: number): number {
  if (matches.length === 0) return -1;
  return Math.max(
    0,
    matches.findIndex((match) => match.line >= line),
  );
}
