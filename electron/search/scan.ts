import type { NamePattern } from '#shared/search/glob.ts';
import { matchesName, matchesPath } from '#shared/search/glob.ts';
import type { GlobAlternative, NameTerm, SearchQuery } from '#shared/search/query.ts';
import type { Block } from './block.ts';
import type { Columns } from './columns.ts';
import { kindCodes } from './page.ts';
import { longestNeedle } from './trigrams.ts';

/**
 * Finds the entries below a folder that satisfy a query. The longest literal piece of the query is looked for in the names
 * of a block as one text; only where it is found is looked closer. Where there is none, every entry is.
 */
export function scan(columns: Columns, query: SearchQuery, top: number, take: (entry: number) => void, from = 0): void {
  const inside = foldersBelow(columns, top);
  const anchors = chooseAnchors(query.names);
  const test = entryTest(columns, query, top, anchors?.exact ?? false);
  let segment = Math.max(0, columns.segmentOf(from));
  let next = columns.segmentFirst(segment + 1);
  let counts = false;
  let folder = -1;
  for (const block of columns.blocks) {
    if (block.first + block.count <= from) continue;
    const start = Math.max(0, from - block.first);
    /** Takes the entry when it satisfies the query. The first place from which on entries may count. */
    const look = (place: number): number => {
      const entry = block.first + place;
      if (entry >= next || folder < 0) {
        while (columns.segmentFirst(segment + 1) <= entry) segment++;
        next = columns.segmentFirst(segment + 1);
        folder = columns.segmentFolder(segment);
        counts = columns.isLive(segment) && inside[folder] === 1;
      }
      if (!counts) return next - block.first;
      if (test(block, place, folder)) take(entry);
      return place + 1;
    };
    if (!anchors) for (let place = start; place < block.count; ) place = look(place);
    else eachCandidate(block, anchors.texts, start, look);
  }
}

/** One byte a folder: it is the one searched, or below it, and there still. */
function foldersBelow(columns: Columns, top: number): Uint8Array {
  const { alive } = columns;
  if (top === 0) return alive;
  const inside = new Uint8Array(alive.length);
  inside[top] = alive[top] ?? 0;
  for (let folder = top + 1; folder < inside.length; folder++)
    if (alive[folder] === 1 && inside[columns.parent(folder)] === 1) inside[folder] = 1;
  return inside;
}

interface Anchors {
  /** Bytes of UTF-8 as characters; a match holds at least one of them in `/name/`. */
  readonly texts: readonly string[];
  /** Whatever holds one is a match, as far as names go. */
  readonly exact: boolean;
}

/** The pieces to look for: those of the term whose shortest one is the longest. */
function chooseAnchors(terms: readonly NameTerm[]): Anchors | null {
  let best: Anchors | null = null;
  let length = 0;
  for (const term of terms) {
    const anchors = anchorsOf(term);
    const shortest = anchors ? Math.min(...anchors.texts.map((text) => text.length)) : 0;
    if (!anchors || shortest <= length) continue;
    const whole = anchors.texts.every((text) => text.length <= longestNeedle);
    best = { ...anchors, exact: anchors.exact && whole && terms.length === 1 };
    length = shortest;
  }
  return best;
}

const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function anchorsOf(term: NameTerm): Anchors | null {
  if (term.kind === 'contains') return term.text === '' ? null : { texts: [toBytes(term.text)], exact: true };
  const found = term.alternatives.map(anchorOf);
  const texts = found.flatMap((each) => (each ? [toBytes(each.text)] : []));
  if (texts.length < found.length) return null;
  return { texts, exact: found.every((each) => each?.exact === true) };
}

/** The longest literal of a pattern, with `/` where it stands at an end of the name. */
function anchorOf({ folder, name }: GlobAlternative): { text: string; exact: boolean } | null {
  let best = '';
  name.forEach((token, index) => {
    if (token.kind !== 'literal') return;
    const text = (index === 0 ? '/' : '') + token.text + (index === name.length - 1 ? '/' : '');
    if (text.length > best.length) best = text;
  });
  return best === '' ? null : { text: best, exact: folder === null && isOneLiteral(name) };
}

const isOneLiteral = (name: NamePattern): boolean =>
  name.every(({ kind }) => kind === 'any' || kind === 'literal') && name.filter(({ kind }) => kind === 'literal').length === 1;

/** The entries whose names hold one of the texts, ascending. */
function eachCandidate(block: Block, texts: readonly string[], start: number, look: (place: number) => number): void {
  const [only] = texts;
  if (only !== undefined && texts.length === 1) {
    eachHolding(block, only, start, look);
    return;
  }
  const marks = new Uint8Array(block.count);
  for (const text of texts)
    eachHolding(block, text, start, (place) => {
      marks[place] = 1;
      return place + 1;
    });
  for (let place = marks.indexOf(1, start); place >= 0; ) place = marks.indexOf(1, look(place));
}

/** The entries whose names hold a text; `look` tells from which place on it wants to hear of more. */
function eachHolding(block: Block, whole: string, start: number, look: (place: number) => number): void {
  const needle = whole.slice(0, longestNeedle);
  const { text, ends, count } = block;
  const { probe, offset } = probeOf(needle, block.frequencies);
  // A `/` in front belongs to the end of the name before.
  const inName = needle.startsWith('/') ? 1 : 0;
  const endOf = (place: number): number => (place < 0 ? 1 : (ends[place] ?? 0));
  let place = start;
  for (const { from, to } of block.trigrams.ranges(needle)) {
    const piece = text.slice(from, Math.min(text.length, to + longestNeedle));
    let at = Math.max(from, endOf(place - 1) - 1) + offset - from;
    for (;;) {
      const hit = piece.indexOf(probe, at);
      const begin = hit + from - offset;
      if (hit < 0 || begin >= to) break;
      at = hit + 1;
      if (probe.length < needle.length && !text.startsWith(needle, begin)) continue;
      place = placeAt(ends, count, begin + inName, place);
      if (place >= count) return;
      place = look(place);
      if (place >= count) return;
      at = Math.max(at, endOf(place - 1) - 1 + offset - from);
    }
  }
}

/** The entry, at or after `from`, whose name holds a letter of the text. Near ones are found first. */
function placeAt(ends: Uint32Array, count: number, letter: number, from: number): number {
  let low = from;
  let high = from;
  for (let step = 1; high < count && (ends[high] ?? 0) <= letter; step *= 2) {
    low = high + 1;
    high += step;
  }
  if (high > count) high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) > letter) high = middle;
    else low = middle + 1;
  }
  return low;
}

const longestProbe = 6;

/**
 * The part of a text to look for, which begins with its rarest byte: the search for a short text leaps from one such byte
 * to the next.
 */
function probeOf(needle: string, frequencies: Uint32Array): { probe: string; offset: number } {
  let offset = 0;
  let rarest = Number.POSITIVE_INFINITY;
  for (let at = 0; at <= Math.max(0, needle.length - 3); at++) {
    const often = frequencies[needle.charCodeAt(at)] ?? 0;
    if (often < rarest) [offset, rarest] = [at, often];
  }
  return { probe: needle.slice(offset, offset + longestProbe), offset };
}

type EntryTest = (block: Block, place: number, folder: number) => boolean;

/** Whether an entry satisfies the whole query; its name is not looked at where `namesHold`. */
function entryTest(columns: Columns, query: SearchQuery, top: number, namesHold: boolean): EntryTest {
  const { size, modified, kinds } = query;
  const kindMask = kinds && Uint8Array.from(kindCodes, (kind) => (kinds.includes(kind) ? 1 : 0));
  const names = namesHold ? [] : query.names.map((term) => termTest(columns, term, top));
  return (block, place, folder) => {
    const kind = block.kinds[place] ?? 0;
    if (kindMask && kindMask[kind] !== 1) return false;
    if (size) {
      const bytes = block.sizes[place] ?? 0;
      if (kind !== 0 || bytes < size.from || bytes > size.to) return false;
    }
    if (modified) {
      const time = block.times[place] ?? Number.NaN;
      if (!(time >= modified.from && time <= modified.to)) return false;
    }
    if (names.length === 0) return true;
    const name = block.folded(place);
    return names.every((test) => test(name, folder));
  };
}

function termTest(columns: Columns, term: NameTerm, top: number): (name: string, folder: number) => boolean {
  if (term.kind === 'contains') return (name) => name.includes(term.text);
  const tests = term.alternatives.map(({ folder: pattern, name: namePattern }) => {
    if (!pattern) return (name: string) => matchesName(namePattern, name);
    // Entries come folder by folder.
    let last = -1;
    let fits = false;
    return (name: string, folder: number) => {
      if (folder !== last) {
        fits = matchesPath(pattern, columns.folderNames(folder, top, true));
        last = folder;
      }
      return fits && matchesName(namePattern, name);
    };
  });
  return (name, folder) => tests.some((test) => test(name, folder));
}
