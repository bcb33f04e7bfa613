import { useEffect, useMemo, useRef, useState } from 'react';
import { client } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';
import type { LogReader, LogStatus } from './log-reader.ts';
import { findMatches, matchFrom } from './log-search.ts';

export interface LogLines {
  /** The first line in view. */
  first(): number;
  show(line: number): void;
}

/**
 * The matches of the window, per line, and the one that is stepped to. Stepping on from the last of them goes on through the
 * rest of the log, which the core looks through, and shows the part of it where the text is found.
 */
export function useLogSearch(id: number, reader: LogReader, status: LogStatus, view: LogLines) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<{ readonly key: number; readonly start: number } | null>(null);
  const [searching, setSearching] = useState(false);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the lines of the model are others
  const matches = useMemo(() => findMatches(reader.model.lines, query), [reader, query, query === '' ? 0 : status.version]);
  const byLine = useMemo(() => Map.groupBy(matches, (match) => match.line), [matches]);
  const { lines } = reader.model;
  const current =
    chosen === null ? -1 : matches.findIndex((match) => match.start === chosen.start && lines[match.line]?.key === chosen.key);

  const choose = (index: number): void => {
    const match = matches[index];
    const line = match && lines[match.line];
    if (!match || !line) return;
    setChosen({ key: line.key, start: match.start });
    void reader.follow(false);
    view.show(match.line);
  };
  /** Looks in the log outside the window, and from its other end on when nothing comes. */
  const searchOn = async (by: 1 | -1): Promise<void> => {
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    setSearching(true);
    try {
      const { start, end } = reader.model;
      // A match may lie across the end of the window.
      const edge = by === 1 ? Math.max(start, end - query.length * 4) : start;
      const offset =
        (await find(id, { text: query, from: edge, by }, mine.signal)) ??
        (await find(id, { text: query, from: by === 1 ? 0 : status.size, by }, mine.signal));
      if (offset === null || mine.signal.aborted) return;
      await reader.showAt(offset);
      const shown = reader.model.lines;
      const found = findMatches(shown, query);
      const match = found.find(({ line }) => (shown[line]?.offset ?? 0) >= offset) ?? found.at(-1);
      const line = match && shown[match.line];
      if (!match || !line) return;
      setChosen({ key: line.key, start: match.start });
      // The lines are drawn first.
      requestAnimationFrame(() => view.show(match.line));
    } catch (error) {
      if (!mine.signal.aborted) reportError(error, 'The log could not be searched.');
    } finally {
      if (abort.current === mine) setSearching(false);
    }
  };
  const step = (by: 1 | -1): void => {
    if (query === '') return;
    const partly = reader.model.start > 0 || reader.model.end < status.size;
    const next = current < 0 ? matchFrom(matches, view.first()) : current + by;
    if (next >= 0 && next < matches.length) choose(next);
    else if (partly) void searchOn(by);
    else choose((next + matches.length) % matches.length);
  };
  return {
    query,
    setQuery: (text: string): void => {
      abort.current?.abort();
      setSearching(false);
      setQuery(text);
    },
    matches,
    byLine,
    current,
    searching,
    step,
  };
}

/** Where a line with the text begins; null when there is none on this way. */
async function find(
  id: number,
  { text, from, by }: { text: string; from: number; by: 1 | -1 },
  signal: AbortSignal,
): Promise<number | null> {
  for (let at = from; ; ) {
    const found = await client.jobs.searchLog({ id, text, from: at, backwards: by === -1 }, { signal });
    if (found.offset !== null) return found.offset;
    if (by === 1 ? found.next >= found.size : found.next === 0) return null;
    at = found.next;
  }
}
