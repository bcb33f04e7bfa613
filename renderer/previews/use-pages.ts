import { useCallback, useEffect, useRef, useState } from 'react';
import type { StowageError } from '#shared/errors.ts';
import { fromContract } from '../app/client.ts';

export interface Pages<T> {
  get(page: number): T | undefined;
  /** Asks for these pages; others that are under way are given up. */
  want(first: number, last: number): void;
  readonly problem: StowageError | null;
}

/** Scrolling over pages asks for nothing on the way. */
const settleMs = 60;

/** Pages of something large, fetched where they are looked at; only the last used are kept. */
export function usePages<T>(load: (page: number, signal: AbortSignal) => Promise<T>, keep: number): Pages<T> {
  const pages = useRef(new Map<number, T>());
  const under = useRef(new Map<number, AbortController>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [problem, setProblem] = useState<StowageError | null>(null);
  const [, setArrived] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const running = under.current;
    return () => {
      clearTimeout(timer.current);
      for (const abort of running.values()) abort.abort();
      running.clear();
    };
  }, []);
  const want = useCallback(
    (first: number, last: number): void => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        for (const [page, abort] of under.current) {
          if (page >= first && page <= last) continue;
          abort.abort();
          under.current.delete(page);
        }
        for (let page = first; page <= last; page += 1) {
          if (pages.current.has(page) || under.current.has(page)) continue;
          const abort = new AbortController();
          under.current.set(page, abort);
          latest
            .current(page, abort.signal)
            .then((found) => {
              if (abort.signal.aborted) return;
              pages.current.set(page, found);
              const [oldest] = pages.current.keys();
              if (pages.current.size > keep && oldest !== undefined) pages.current.delete(oldest);
              setProblem(null);
              setArrived((before) => before + 1);
            })
            .catch((error: unknown) => {
              if (!abort.signal.aborted) setProblem(fromContract(error));
            })
            .finally(() => {
              if (under.current.get(page) === abort) under.current.delete(page);
            });
        }
      }, settleMs);
    },
    [keep],
  );
  return { get: (page) => pages.current.get(page), want, problem };
}
