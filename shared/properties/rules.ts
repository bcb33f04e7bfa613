import { type HeaderName, headerNames, type Pair, type PairChange, type PairRules } from '../contract/properties.ts';
import { utf8Length } from '../names.ts';
import { visible } from '../paths.ts';

/**
 * Metadata that programs keep about a file: its modification time (`mtime`, also rclone's), sums of its content, the mark
 * of a folder. It is carried along and never changed by hand.
 */
const keptNames: readonly string[] = ['mtime', 'md5chksum', 'stowage-part-size', 'hdi_isfolder'];

export const isKept = (name: string): boolean => keptNames.includes(name.toLowerCase());

/** Words for the headers, for people. */
export const headerWords: Readonly<Record<HeaderName, string>> = {
  contentType: 'Content type',
  contentEncoding: 'Content encoding',
  contentLanguage: 'Content language',
  contentDisposition: 'Content disposition',
  cacheControl: 'Cache control',
};

export const isHeaderName = (name: string): name is HeaderName => (headerNames as readonly string[]).includes(name);

const maxHeader = 1024;
const printable = /^[\x20-\x7e]*$/;

/** Why a header cannot have this value, as a sentence; null when it can. An empty value takes the header away. */
export function headerProblem(name: HeaderName, value: string): string | null {
  if (value.length > maxHeader) return `It has ${value.length} characters; ${maxHeader} are allowed.`;
  if (!printable.test(value)) return 'Only plain letters, digits and signs (ASCII) are allowed.';
  if (value !== value.trim()) return 'It begins or ends with a space.';
  if (name === 'contentType' && value !== '' && !/^[^\s/;]+\/[^\s/;]+(\s*;.*)?$/.test(value))
    return 'Write it as type/subtype, for example text/csv.';
  return null;
}

export interface PairProblem {
  readonly field: 'name' | 'value';
  /** A sentence. */
  readonly problem: string;
}

const nameShapes: Record<PairRules['names'], { readonly shape: RegExp; readonly words: string }> = {
  identifier: { shape: /^[A-Za-z_][A-Za-z0-9_]*$/, words: 'A name begins with a letter or “_”; letters, digits and “_” follow.' },
  token: { shape: /^[a-z0-9][a-z0-9._-]*$/, words: 'A name has small letters, digits, “.”, “_” and “-”.' },
  tag: { shape: /^[A-Za-z0-9 +\-./:=_]+$/, words: 'A tag has letters, digits, spaces and + - . / : = _ only.' },
};

/** What is wrong with one pair under the rules of a host; null when nothing is. */
export function pairProblem({ name, value }: Pair, rules: PairRules): PairProblem | null {
  const { shape, words } = nameShapes[rules.names];
  const at = (field: PairProblem['field'], problem: string): PairProblem => ({ field, problem });
  if (name === '') return at('name', 'A name is needed.');
  if (name.length > rules.maxName) return at('name', `The name has ${name.length} characters; ${rules.maxName} are allowed.`);
  if (!shape.test(name)) return at('name', words);
  if (rules.names !== 'tag' && isKept(name)) return at('name', `“${name}” is kept by Stowage for the file itself.`);
  if (rules.names === 'tag' && /^aws:/i.test(name)) return at('name', 'Names that begin with “aws:” are Amazon’s own.');
  if (value.length > rules.maxValue)
    return at('value', `The value has ${value.length} characters; ${rules.maxValue} are allowed.`);
  if (rules.names === 'tag') return /^[A-Za-z0-9 +\-./:=_]*$/.test(value) ? null : at('value', words);
  if (value === '') return at('value', 'A value is needed.');
  if (!printable.test(value)) return at('value', 'Only plain letters, digits and signs (ASCII) are allowed.');
  return value === value.trim() ? null : at('value', 'The value begins or ends with a space.');
}

/** What is wrong with all pairs together, as a sentence. Names differ in more than their case, except tags. */
export function pairsProblem(pairs: readonly Pair[], rules: PairRules): string | null {
  if (pairs.length > rules.maxPairs) return `There are ${pairs.length} of them; ${rules.maxPairs} are allowed.`;
  const seen = new Set<string>();
  for (const { name } of pairs) {
    const key = keyOf(name, rules);
    if (seen.has(key)) return `“${visible(name)}” is there twice.`;
    seen.add(key);
  }
  if (rules.maxBytes === null) return null;
  const bytes = pairs.reduce((sum, { name, value }) => sum + utf8Length(name) + utf8Length(value), 0);
  return bytes > rules.maxBytes ? `Names and values have ${bytes} bytes together; ${rules.maxBytes} are allowed.` : null;
}

const keyOf = (name: string, { names }: Pick<PairRules, 'names'>): string => (names === 'tag' ? name : name.toLowerCase());

/** The pairs after a change: those named are set in their place, added at the end, or taken away. */
export function mergePairs(pairs: readonly Pair[], changes: readonly PairChange[], rules: Pick<PairRules, 'names'>): Pair[] {
  const merged = new Map(pairs.map((pair) => [keyOf(pair.name, rules), pair]));
  for (const { name, value } of changes) {
    const key = keyOf(name, rules);
    if (value === null) merged.delete(key);
    else merged.set(key, { name, value });
  }
  return [...merged.values()];
}

/** The changes that make `now` of `before`. */
export function pairChanges(before: readonly Pair[], now: readonly Pair[], rules: Pick<PairRules, 'names'>): PairChange[] {
  const old = new Map(before.map((pair) => [keyOf(pair.name, rules), pair]));
  const next = new Set(now.map(({ name }) => keyOf(name, rules)));
  const gone = before.filter(({ name }) => !next.has(keyOf(name, rules))).map(({ name }) => ({ name, value: null }));
  const changed = now.filter((pair) => {
    const was = old.get(keyOf(pair.name, rules));
    return was?.value !== pair.value || was.name !== pair.name;
  });
  return [...gone, ...changed.map(({ name, value }) => ({ name, value }))];
}
