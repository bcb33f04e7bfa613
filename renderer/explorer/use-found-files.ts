import { useEffect, useState } from 'react';
import type { Match } from '#shared/contract/search.ts';
import { client } from '../app/client.ts';

type FoundFile = Match & { readonly vfolder: string };

const most = 20;
const settleMs = 150;
/** Shorter ones match nearly everything. */
const shortest = 2;
const nothing: readonly FoundFile[] = [];

/** Files that match what is typed, in the vfolders that have an index; a query that is not understood finds none. */
export function useFoundFiles(query: string): readonly FoundFile[] {
  const [found, setFound] = useState({ query: '', files: nothing });
  const wanted = query.trim();
  useEffect(() => {
    if (wanted.length < shortest) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.search.everywhere({ query: wanted, limit: most }, { signal: abort.signal }).then(
        (files) => !abort.signal.aborted && setFound({ query: wanted, files }),
        () => !abort.signal.aborted && setFound({ query: wanted, files: nothing }),
      );
    }, settleMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [wanted]);
  // What was found for the beginning of it stays until there is more: rows that come and go are hard to hit.
  return wanted.length >= shortest && wanted.startsWith(found.query) ? found.files : nothing;
}
