import {
  type Editable,
  type FileProperties,
  type HeaderName,
  headerNames,
  type Pair,
  type PairRules,
  type PropertyChange,
} from '#shared/contract/properties.ts';
import { headerProblem, type PairProblem, pairChanges, pairProblem, pairsProblem } from '#shared/properties/rules.ts';

/** A pair that is being edited; the id stays while its name changes. */
export interface PairRow extends Pair {
  readonly id: number;
}

/** What is typed into the form of a file's properties. */
export interface PropertyDraft {
  readonly headers: Readonly<Record<HeaderName, string>>;
  readonly metadata: readonly PairRow[];
  readonly tags: readonly PairRow[];
  readonly tier: string;
}

export function draftOf({ headers, metadata, tags, entry }: FileProperties): PropertyDraft {
  const rows = (pairs: readonly Pair[]): PairRow[] => pairs.map(({ name, value }, id) => ({ id, name, value }));
  const texts = Object.fromEntries(headerNames.map((name) => [name, headers[name] ?? ''])) as Record<HeaderName, string>;
  return { headers: texts, metadata: rows(metadata), tags: rows(tags ?? []), tier: entry.tier ?? '' };
}

export const addRow = (rows: readonly PairRow[]): PairRow[] => [
  ...rows,
  { id: 1 + Math.max(-1, ...rows.map(({ id }) => id)), name: '', value: '' },
];

/** A row in which nothing was typed stands for nothing. */
const filled = (rows: readonly PairRow[]): Pair[] =>
  rows.filter(({ name, value }) => name !== '' || value !== '').map(({ name, value }) => ({ name, value }));

/** What the draft changes; null when it changes nothing. */
export function changeOf(found: FileProperties, draft: PropertyDraft, edit: Editable): PropertyChange | null {
  const changedHeaders = edit.headers.filter((name) => draft.headers[name] !== (found.headers[name] ?? ''));
  const metadata = edit.metadata ? pairChanges(found.metadata, filled(draft.metadata), edit.metadata) : [];
  const tags = edit.tags ? pairChanges(found.tags ?? [], filled(draft.tags), edit.tags) : [];
  const tier = draft.tier !== '' && draft.tier !== found.entry.tier ? draft.tier : null;
  if (changedHeaders.length + metadata.length + tags.length === 0 && tier === null) return null;
  return {
    ...(changedHeaders.length > 0 && {
      headers: Object.fromEntries(changedHeaders.map((name) => [name, draft.headers[name] || null])),
    }),
    ...(metadata.length > 0 && { metadata }),
    ...(tags.length > 0 && { tags }),
    ...(tier !== null && { tier }),
  };
}

export interface RowProblems {
  readonly rows: ReadonlyMap<number, PairProblem>;
  /** What is wrong with all of them together. */
  readonly all: string | null;
}

export interface DraftProblems {
  readonly headers: Readonly<Partial<Record<HeaderName, string>>>;
  readonly metadata: RowProblems;
  readonly tags: RowProblems;
  readonly any: boolean;
}

const none: RowProblems = { rows: new Map(), all: null };

/** What is wrong with what was typed. What came from the host as it is now is no one's mistake. */
export function problemsOf(found: FileProperties, draft: PropertyDraft, edit: Editable): DraftProblems {
  const headers: Partial<Record<HeaderName, string>> = {};
  for (const name of edit.headers) {
    const text = draft.headers[name];
    const problem = text === (found.headers[name] ?? '') ? null : headerProblem(name, text);
    if (problem) headers[name] = problem;
  }
  const metadata = edit.metadata ? rowProblems(found.metadata, draft.metadata, edit.metadata) : none;
  const tags = edit.tags ? rowProblems(found.tags ?? [], draft.tags, edit.tags) : none;
  const bad = ({ rows, all }: RowProblems): boolean => rows.size > 0 || all !== null;
  return { headers, metadata, tags, any: Object.keys(headers).length > 0 || bad(metadata) || bad(tags) };
}

function rowProblems(there: readonly Pair[], rows: readonly PairRow[], rules: PairRules): RowProblems {
  const known = new Map(there.map(({ name, value }) => [name, value]));
  const problems = new Map<number, PairProblem>();
  for (const row of rows) {
    if ((row.name === '' && row.value === '') || known.get(row.name) === row.value) continue;
    const problem = pairProblem(row, rules);
    if (problem) problems.set(row.id, problem);
  }
  return { rows: problems, all: problems.size > 0 ? null : pairsProblem(filled(rows), rules) };
}
