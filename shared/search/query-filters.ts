import type { EntryKind } from '../contract/files.ts';
import { StowageError } from '../errors.ts';
import { visible } from '../paths.ts';

/** Both ends included; may be infinite. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

type Relation = '<' | '<=' | '>' | '>=' | '=';

const splitRelation = (text: string): { relation: Relation; value: string } => {
  const [, relation = '', value = ''] = /^([<>]=?|=?)(.*)$/s.exec(text) ?? [];
  return { relation: (relation || '=') as Relation, value: value.trim() };
};

/** The span that `relation` makes of what a value stands for itself: `first` to `last`. */
function spanOf(relation: Relation, first: number, last: number): Span {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  switch (relation) {
    case '<':
      return { from: low, to: first - 1 };
    case '<=':
      return { from: low, to: last };
    case '>':
      return { from: last + 1, to: high };
    case '>=':
      return { from: first, to: high };
    case '=':
      return { from: first, to: last };
  }
}

const notUnderstood = (filter: string, value: string, hint: string): StowageError =>
  new StowageError('bad-request', `“${filter}:${visible(value)}” is not understood.`, { subject: `${filter}:${value}`, hint });

/** `>1g`, `<10k`, `>=1.5m`, `0`; k, m, g and t are powers of 1024. @throws StowageError `bad-request` */
export function parseSizes(text: string): Span {
  const { relation, value } = splitRelation(text);
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(value);
  if (!match) throw notUnderstood('size', text, 'Write size:>1g, size:<10k or size:0.');
  const bytes = Math.round(Number(match[1]) * 1024 ** ' kmgt'.indexOf((match[2] || ' ').toLowerCase()));
  return spanOf(relation, bytes, bytes);
}

const hour = 3_600_000;
const units: Readonly<Record<string, number>> = {
  min: 60_000,
  h: hour,
  d: 24 * hour,
  w: 7 * 24 * hour,
  mo: 30 * 24 * hour,
  y: 365 * 24 * hour,
};

/**
 * `<7d` is less than seven days ago, `>2026-01-01` after that day, `2026-01-01` on it, `today` since midnight; days are
 * those of this machine's clock. @throws StowageError `bad-request`
 */
export function parseDates(text: string, now: number): Span {
  const { relation, value } = splitRelation(text);
  const ago = /^(\d+(?:\.\d+)?)(min|h|d|w|mo|y)$/i.exec(value);
  if (ago) {
    const then = now - Number(ago[1]) * (units[(ago[2] ?? '').toLowerCase()] ?? 0);
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return relation.startsWith('>') ? { from: low, to: then } : { from: then, to: high };
  }
  const days = value.toLowerCase() === 'today' ? dayOf(new Date(now)) : parseDay(value);
  if (!days) throw notUnderstood('modified', text, 'Write modified:<7d, modified:>2026-01-01 or modified:today.');
  return spanOf(relation, days.from, days.to);
}

function parseDay(value: string): Span | null {
  const match = /^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$/.exec(value);
  if (!match) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number | undefined];
  const date = new Date(year, month - 1, match[3] === undefined ? 1 : day);
  if (date.getMonth() !== month - 1 || (match[3] !== undefined && date.getDate() !== day)) return null;
  if (match[3] !== undefined) return dayOf(date);
  return { from: date.getTime(), to: new Date(year, month, 1).getTime() - 1 };
}

const dayOf = (date: Date): Span => {
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  return { from: new Date(year, month, day).getTime(), to: new Date(year, month, day + 1).getTime() - 1 };
};

const kinds: Readonly<Record<string, EntryKind>> = {
  file: 'file',
  folder: 'directory',
  directory: 'directory',
  link: 'symlink',
  symlink: 'symlink',
  special: 'special',
};

/** `folder`, `file`, `file,link`. @throws StowageError `bad-request` */
export function parseKinds(text: string): EntryKind[] {
  return text.split(',').map((each) => {
    const kind = kinds[each.trim().toLowerCase()];
    if (kind === undefined || !Object.hasOwn(kinds, each.trim().toLowerCase()))
      throw notUnderstood('kind', text, 'Write kind:file, kind:folder or kind:link.');
    return kind;
  });
}
