import { useCallback, useEffect, useRef, useState } from 'react';
import type { TransferAction, TransferFile } from '#shared/contract/transfers.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

const pageSize = 500;

export interface PlanRows {
  readonly rows: readonly TransferFile[];
  /** There are no more; false while the plan may still grow. */
  readonly complete: boolean;
  readonly problem: StowageError | null;
}

const none: PlanRows = { rows: [], complete: false, problem: null };

/**
 * The files of a sync's plan, read page by page as far as they are looked at: `more` asks for the next page. `action`
 * null: all of them. `growth` changes whenever the plan has grown, so that a list that had ended is gone on with.
 */
export function usePlanRows(id: number, action: TransferAction | null, growth: string): PlanRows & { readonly more: () => void } {
  const [state, setState] = useState(none);
  const reading = useRef<AbortController | null>(null);
  const last = useRef<number | null>(null);
  const more = useCallback(() => {
    if (reading.current) return;
    const abort = new AbortController();
    reading.current = abort;
    const after = last.current;
    client.transfers
      .files({ id, limit: pageSize, ...(action && { action }), ...(after !== null && { after }) }, { signal: abort.signal })
      .then(
        (page) => {
          if (abort.signal.aborted) return;
          reading.current = null;
          last.current = page.at(-1)?.seq ?? after;
          setState((before) => ({ rows: [...before.rows, ...page], complete: page.length < pageSize, problem: null }));
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          reading.current = null;
          setState((before) => ({ ...before, complete: true, problem: fromContract(error) }));
        },
      );
  }, [id, action]);
  useEffect(() => {
    last.current = null;
    setState(none);
    more();
    return () => {
      reading.current?.abort();
      reading.current = null;
    };
  }, [more]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read on when the plan has grown
  useEffect(() => {
    setState((before) => (before.complete && before.problem === null ? { ...before, complete: false } : before));
  }, [growth]);
  return { ...state, more };
}
