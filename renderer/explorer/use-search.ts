import { useCallback, useEffect, useRef, useState } from 'react';
import type { IndexState, Match, SearchEvent, SearchSort } from '#shared/contract/search.ts';
import { isStowageError, type StowageError } from '#shared/errors.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract, useConnection } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';
import { FolderRows } from './folder-rows.ts';

/** What was found so far. Rows and matches have the same numbers. */
export interface Found {
  readonly rows: FolderRows;
  readonly matches: readonly Match[];
  /** How many rows there are; more come while the first index is taken. */
  readonly length: number;
  /** All that match, whether they are given or not. */
  readonly total: number;
}

export interface Search {
  readonly found: Found;
  /** Null until the first answer. */
  readonly index: IndexState | null;
  readonly problem: StowageError | null;
  /** The answer to this query has not come yet, or the first index is being taken. */
  readonly busy: boolean;
}

/** More are counted, not shown. */
const mostMatches = 5000;
/** A pause in typing. */
const settleMs = 120;
/** After a change in the vfolder, which comes in bursts. */
const changeMs = 400;

const nothingFound = (): Found => ({ rows: new FolderRows(''), matches: [], length: 0, total: 0 });
const start: Search = { found: nothingFound(), index: null, problem: null, busy: true };

/** Gathers the events of one search. What was shown before stays until there is something of the next answer. */
class Gathering {
  #found = nothingFound();
  #matches: Match[] = [];
  #shown = false;

  take(event: SearchEvent, before: Search): Search {
    switch (event.type) {
      case 'answer':
        this.#matches = [];
        this.#found = { ...nothingFound(), matches: this.#matches, total: event.total };
        this.#shown = event.total === 0 && event.index.state === 'ready';
        break;
      case 'matches':
        this.#matches.push(...event.matches);
        this.#found.rows.add(event.matches);
        this.#found = { ...this.#found, length: this.#matches.length };
        this.#shown = true;
        break;
      case 'progress':
        this.#found = { ...this.#found, total: event.total };
        this.#shown = true;
        break;
    }
    const index = event.type === 'matches' ? before.index : event.index;
    const found = this.#shown ? this.#found : before.found;
    return { found, index, problem: null, busy: !this.#shown || index?.state === 'none' };
  }
}

/**
 * What matches below a folder, kept up to date. `sort` matters to the core only where not all are given: those first in it
 * are.
 */
export function useSearch(vfolder: string, path: string, query: string, sort: SearchSort) {
  const [search, setSearch] = useState(start);
  const [round, setRound] = useState(0);
  /** The next search is to take the index anew. */
  const refreshNext = useRef(false);
  const epoch = useConnection((state) => state.epoch);
  const cut = search.found.total > search.found.length && !search.busy;
  const order = cut ? `${sort.column} ${sort.descending}` : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again for a new connection, a change, and another order of a part
  useEffect(() => {
    const abort = new AbortController();
    setSearch((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => void run(), round === 0 ? 0 : settleMs);
    const run = async (): Promise<void> => {
      const gathering = new Gathering();
      const asked = { vfolder, path, query, sort, limit: mostMatches, ...(refreshNext.current && { refresh: true }) };
      refreshNext.current = false;
      try {
        for await (const event of await client.search.find(asked, { signal: abort.signal }))
          if (!abort.signal.aborted) setSearch((before) => gathering.take(event, before));
        if (!abort.signal.aborted) setSearch((before) => ({ ...before, busy: false }));
      } catch (thrown) {
        if (abort.signal.aborted) return;
        const problem = fromContract(thrown);
        // What was found before it was stopped is still of use.
        const kept = isStowageError(problem, 'cancelled');
        setSearch((before) => ({ ...before, found: kept ? before.found : nothingFound(), problem, busy: false }));
      }
    };
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [vfolder, path, query, order, round, epoch]);
  const again = useCallback((refresh: boolean) => {
    refreshNext.current ||= refresh;
    setRound((before) => before + 1);
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const off = onChange((change) => {
      if (change.type !== 'files' || change.vfolder !== vfolder) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        again(false);
      }, changeMs);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [vfolder, again]);
  return {
    ...search,
    refresh: () => again(true),
    stop: () => void client.search.stop({ vfolder }).catch(reportError),
  };
}
