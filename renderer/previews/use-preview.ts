import { useEffect, useRef, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import type { Preview } from '#shared/contract/previews.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

export type ShownAs = 'text' | 'hex' | undefined;

export interface Shown {
  /** Of which version; views begin anew when it differs. */
  readonly key: string;
  readonly as: ShownAs;
  readonly preview: Preview | null;
  readonly problem: StowageError | null;
}

/** Running along with the arrow keys asks for nothing on the way. */
const settleMs = 120;
/** What takes longer shows that it does. */
const slowMs = 300;

/**
 * The preview of one entry, opened anew when the file or what it is shown as changes; the former request is given up, and
 * the former version stays until the new one is there. While `held`, what is shown stays.
 */
export function usePreview(vfolder: string, entry: Entry, as: ShownAs, held: boolean) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [slow, setSlow] = useState(false);
  const [round, setRound] = useState(0);
  const { path } = entry;
  const looksInto = entry.kind === 'file' || entry.kind === 'symlink';
  const key = `${entry.etag ?? ''} ${entry.size} ${entry.modified ?? 0} ${as ?? ''} ${round}`;
  const last = useRef(shown);
  last.current = shown;
  useEffect(() => {
    if (!looksInto || (held && last.current?.preview)) return;
    const abort = new AbortController();
    const slowTimer = setTimeout(() => setSlow(true), slowMs);
    const timer = setTimeout(() => {
      const done = (preview: Preview | null, problem: StowageError | null): void => {
        clearTimeout(slowTimer);
        if (abort.signal.aborted) return;
        setSlow(false);
        setShown({ key, as, preview, problem });
      };
      client.previews.open({ vfolder, path, as }, { signal: abort.signal }).then(
        (preview) => done(preview, null),
        (error: unknown) => done(null, fromContract(error)),
      );
    }, settleMs);
    return () => {
      clearTimeout(timer);
      clearTimeout(slowTimer);
      setSlow(false);
      abort.abort();
    };
  }, [vfolder, path, as, key, looksInto, held]);
  return { shown: shown?.as === as ? shown : null, slow, reload: () => setRound((before) => before + 1) };
}
