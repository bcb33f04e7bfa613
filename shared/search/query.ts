import type { EntryKind } from '../contract/files.ts';
import { StowageError } from '../errors.ts';
import { visible } from '../paths.ts';
import { foldName } from './fold.ts';
import { expandBraces, isGlob, type NamePattern, type PathPattern, parseName, parsePath } from './glob.ts';
import { parseDates, parseKinds, parseSizes, type Span } from './query-filters.ts';

/** One thing that a name must satisfy. All texts are folded (fold.ts). */
export type NameTerm =
  | { readonly kind: 'contains'; readonly text: string }
  /** At least one of them. */
  | { readonly kind: 'glob'; readonly alternatives: readonly GlobAlternative[] };

/** `name` for the last name of a path; `folder` for the path of its folder inside the searched one, null: any. */
export interface GlobAlternative {
  readonly folder: PathPattern | null;
  readonly name: NamePattern;
}

/** What is searched for; plain data, so that it passes to another thread. An empty query is satisfied by everything. */
export interface SearchQuery {
  readonly names: readonly NameTerm[];
  /** Bytes of a file; nothing but files satisfies it. */
  readonly size: Span | null;
  /** Milliseconds since the epoch; what has no time does not satisfy it. */
  readonly modified: Span | null;
  readonly kinds: readonly EntryKind[] | null;
}

export const emptyQuery: SearchQuery = { names: [], size: null, modified: null, kinds: null };

export const isEmptyQuery = ({ names, size, modified, kinds }: SearchQuery): boolean =>
  names.length === 0 && size === null && modified === null && kinds === null;

/**
 * Reads what a person typed: words that the name contains, globs, `"quoted phrases"`, and the filters `size:`,
 * `modified:`, `kind:` and `ext:`. All must hold. `now` is what `modified:<7d` counts from.
 * @throws StowageError `bad-request` that says which word is not understood, and what is
 */
export function parseQuery(text: string, now: number): SearchQuery {
  let query = emptyQuery;
  for (const word of splitWords(text)) query = withWord(query, word, now);
  return query;
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

/** Splits at blanks outside quotes. A quote that is not closed reaches to the end: it is still being typed. */
function splitWords(text: string): Word[] {
  const words: Word[] = [];
  for (const [, phrase, word] of text.matchAll(/"([^"]*)(?:"|$)|([^\s"]+)/g)) {
    if (phrase !== undefined) {
      if (phrase !== '') words.push({ text: phrase, quoted: true });
    } else if (word !== undefined) words.push({ text: word, quoted: false });
  }
  return words;
}

function withWord(query: SearchQuery, { text, quoted }: Word, now: number): SearchQuery {
  const filter = quoted ? null : /^([a-z]+):(.*)$/is.exec(text);
  if (!filter) return withName(query, nameTerm(text, quoted));
  const [, name = '', value = ''] = filter;
  switch (name.toLowerCase()) {
    case 'size':
      return { ...query, size: narrow(query.size, parseSizes(value)) };
    case 'modified':
      return { ...query, modified: narrow(query.modified, parseDates(value, now)) };
    case 'kind':
      return { ...query, kinds: common(query.kinds, parseKinds(value)) };
    case 'ext':
      return withName(query, extensions(value));
    default:
      throw new StowageError('bad-request', `There is no filter “${visible(name)}:”.`, {
        subject: text,
        hint: `There are size:, modified:, kind: and ext:. To look for the text itself, write "${visible(text)}".`,
      });
  }
}

const withName = (query: SearchQuery, term: NameTerm): SearchQuery => ({ ...query, names: [...query.names, term] });

const narrow = (a: Span | null, b: Span): Span => (a ? { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) } : b);

const common = (a: SearchQuery['kinds'], b: readonly EntryKind[]): readonly EntryKind[] =>
  a ? a.filter((kind) => b.includes(kind)) : b;

function nameTerm(text: string, quoted: boolean): NameTerm {
  const folded = foldName(text);
  if (quoted && !text.includes('/')) return { kind: 'contains', text: folded };
  if (!quoted && isGlob(text)) return globTerm(folded, text);
  if (!text.includes('/')) return { kind: 'contains', text: folded };
  // A piece of a path: the names between its slashes are whole, the first and the last are pieces.
  const escaped = folded.replace(/[\\*?[\]{}]/g, '\\$&');
  return globTerm(escaped.startsWith('/') ? `${escaped}*` : `**/*${escaped}*`, text);
}

function globTerm(pattern: string, subject: string): NameTerm {
  const texts = expandBraces(pattern);
  if (!texts) throw new StowageError('bad-request', `“${visible(subject)}” stands for too many patterns.`, { subject });
  return { kind: 'glob', alternatives: texts.map(alternative) };
}

function alternative(text: string): GlobAlternative {
  if (!text.includes('/')) return { folder: null, name: parseName(text) };
  const path = parsePath(text);
  const last = path.at(-1);
  // Everything below a folder; a `/` at the end names what is right in it.
  if (last === undefined) return { folder: null, name: [{ kind: 'any' }] };
  if (last === '**') return { folder: path, name: [{ kind: 'any' }] };
  if (text.endsWith('/')) return { folder: path, name: [{ kind: 'any' }] };
  return { folder: path.slice(0, -1), name: last };
}

function extensions(value: string): NameTerm {
  const names = value.split(',').map((each) => foldName(each.trim().replace(/^\./, '')));
  if (names.some((each) => each === '' || each.includes('/')))
    throw new StowageError('bad-request', `“ext:${visible(value)}” names no extension.`, {
      subject: value,
      hint: 'Write ext:csv, or several as ext:csv,tsv.',
    });
  return {
    kind: 'glob',
    alternatives: names.map((each) => ({ folder: null, name: [{ kind: 'any' }, { kind: 'literal', text: `.${each}` }] })),
  };
}
