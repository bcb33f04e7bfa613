import { useEffect, useState } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { client } from '../app/client.ts';
import { useVfolders } from '../app/stores/vfolders.ts';

/** At most so many suggestions are offered. */
const most = 50;
/** Keys come faster than answers: a question waits so long for the next key. */
const pause = 120;

/** An address that already names its vfolder: `data:/tr`. */
const namesVfolder = (text: string): boolean => /^[A-Za-z0-9._-]+:/.test(text);

/** Vfolders whose name holds what was typed, those that begin with it first. */
export function matchVfolders(vfolders: readonly Vfolder[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  const names = vfolders.map((vfolder) => vfolder.name).filter((name) => name.toLowerCase().includes(wanted));
  const rank = (name: string): number => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return names
    .toSorted((one, other) => rank(one) - rank(other))
    .slice(0, most)
    .map((name) => `${name}:/`);
}

export interface SuggestionOptions {
  /** Asks only while it is true. */
  readonly active: boolean;
  /** Files too, not folders alone. */
  readonly files?: boolean;
}

/**
 * Addresses that complete what is typed: vfolders, then what is inside the one that is named; folders end with `/`. The
 * core is asked after a short pause, and no longer once the text has changed.
 */
export function useAddressSuggestions(text: string, { active, files = false }: SuggestionOptions): readonly string[] {
  const vfolders = useVfolders((state) => state.vfolders);
  const [found, setFound] = useState<readonly string[]>([]);
  const inside = namesVfolder(text);
  useEffect(() => {
    if (!active || !inside) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.files.complete({ text, limit: most }, { signal: abort.signal }).then(
        (completions) => setFound(completions.filter(({ kind }) => files || kind === 'directory').map(({ address }) => address)),
        // A folder that is not there has nothing to suggest; going there tells what is wrong with it.
        () => abort.signal.aborted || setFound([]),
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [active, inside, text, files]);
  if (!inside) return matchVfolders(vfolders, text);
  // An answer to a shorter text holds that to a longer one.
  const typed = text.toLowerCase();
  return found.filter((address) => address.toLowerCase().startsWith(typed));
}
