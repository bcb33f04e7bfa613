import { useCallback, useEffect, useState } from 'react';
import type { FileProperties } from '#shared/contract/properties.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

export interface Looked {
  /** Null while they are fetched. */
  readonly found: FileProperties | null;
  readonly error: StowageError | null;
  /** Fetches them again. */
  readonly reload: () => void;
  /** Takes what a change gave. */
  readonly put: (found: FileProperties) => void;
}

/** What the host knows of a file or folder; asks nothing for a null path. */
export function useProperties(vfolder: string, path: string | null): Looked {
  const [state, setState] = useState<Pick<Looked, 'found' | 'error'>>({ found: null, error: null });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what asks again
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    setState({ found: null, error: null });
    client.files.properties({ vfolder, path }, { signal: abort.signal }).then(
      (found) => !abort.signal.aborted && setState({ found, error: null }),
      (error: unknown) => !abort.signal.aborted && setState({ found: null, error: fromContract(error) }),
    );
    return () => abort.abort();
  }, [vfolder, path, round]);
  const put = useCallback((found: FileProperties) => setState({ found, error: null }), []);
  return { ...state, reload: () => setRound((before) => before + 1), put };
}
