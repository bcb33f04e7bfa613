import { useEffect, useRef, useState } from 'react';
import type { StowageError } from '#shared/errors.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract, useConnection } from '../app/client.ts';
import { concerns } from './concerns.ts';
import { FolderRows } from './folder-rows.ts';

export interface Listing {
  /** Other rows when the folder was read anew. */
  readonly rows: FolderRows;
  /** How many rows there are; more come until `complete`. */
  readonly length: number;
  /** The whole folder was read. */
  readonly complete: boolean;
  readonly problem: StowageError | null;
}

/** After the first page the screen is updated at doubling pauses, so that a large folder is put in order a few times only. */
const firstPause = 300;
/** Changes come in bursts (an upload); the folder is read again after this pause. */
const settle = 250;

async function read(
  vfolder: string,
  path: string,
  signal: AbortSignal,
  fresh: boolean,
  show: (listing: Listing) => void,
): Promise<void> {
  const rows = new FolderRows(path);
  const told = (complete: boolean, problem: StowageError | null): Listing => ({ rows, length: rows.length, complete, problem });
  try {
    const pages = await client.files.list({ vfolder, path }, { signal });
    let nextAt = 0;
    let pause = firstPause;
    for await (const page of pages) {
      rows.add(page.entries);
      const now = performance.now();
      // What is shown already stays until the folder was read anew.
      if (!fresh && now >= nextAt) {
        nextAt = now + pause;
        pause *= 2;
        show(told(false, null));
      }
    }
    if (!signal.aborted) show(told(true, null));
  } catch (error) {
    if (!signal.aborted) show(told(true, fromContract(error)));
  }
}

/** One folder, kept up to date; `reload` reads it again at once. Unmount (or key) it to look at another folder. */
export function useListing(vfolder: string, path: string): Listing & { readonly reload: () => void } {
  const [listing, setListing] = useState<Listing>(() => ({
    rows: new FolderRows(path),
    length: 0,
    complete: false,
    problem: null,
  }));
  const [round, setRound] = useState(0);
  const epoch = useConnection((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection and `reload` ask for the folder again
  useEffect(() => {
    const abort = new AbortController();
    void read(vfolder, path, abort.signal, round > 0, setListing);
    return () => abort.abort();
  }, [vfolder, path, round, epoch]);
  const shown = useRef(listing.rows);
  shown.current = listing.rows;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChange((change) => {
      if (
        change.type !== 'files' ||
        change.vfolder !== vfolder ||
        !concerns(change.path, path, (name) => shown.current.find(name) >= 0)
      )
        return;
      timer ??= setTimeout(() => {
        timer = undefined;
        setRound((before) => before + 1);
      }, settle);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [vfolder, path]);
  return { ...listing, reload: () => setRound((before) => before + 1) };
}
