import { useCallback, useEffect, useRef, useState } from 'react';
import type { HostAttach, HostCheck } from '#shared/contract/hosts.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

export interface HostTest {
  readonly busy: boolean;
  /** Null before the first answer. */
  readonly result: { readonly usable: boolean; readonly checks: readonly HostCheck[] } | null;
  readonly problem: StowageError | null;
}

const untested: HostTest = { busy: false, result: null, problem: null };

type What = { readonly attach: HostAttach; readonly readOnly: boolean } | { readonly id: string };

/** Tries a host; one try at a time, and none goes on when the caller is gone. */
export function useHostTest() {
  const [test, setTest] = useState(untested);
  const running = useRef<AbortController | null>(null);
  const stop = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setTest(untested);
  }, []);
  useEffect(() => () => running.current?.abort(), []);
  /** Whether the host can be used; null when the try was given up or could not be made. */
  const run = useCallback(async (what: What): Promise<boolean | null> => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setTest({ ...untested, busy: true });
    try {
      const result = await client.hosts.test(what, { signal: abort.signal });
      if (abort.signal.aborted) return null;
      setTest({ busy: false, result, problem: null });
      return result.usable;
    } catch (error) {
      if (!abort.signal.aborted) setTest({ ...untested, problem: fromContract(error) });
      return null;
    }
  }, []);
  return { test, run, stop };
}
