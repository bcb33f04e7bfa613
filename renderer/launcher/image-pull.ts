import { useEffect, useRef, useState } from 'react';
import type { EngineId, PullProgress } from '#shared/contract/engines.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

export interface ImagePull {
  readonly progress: PullProgress | null;
  readonly error: StowageError | null;
  readonly start: (engine: EngineId, image: string) => void;
  readonly cancel: () => void;
  readonly dismiss: () => void;
}

/** Pulls one image at a time; cancelled when the screen is left. `onDone` hears of the image that arrived. */
export function useImagePull(onDone: (image: string) => void): ImagePull {
  const [state, setState] = useState<Pick<ImagePull, 'progress' | 'error'>>({ progress: null, error: null });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const run = async (engine: EngineId, image: string): Promise<void> => {
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    setState({ progress: { message: `Asking for ${image}`, doneBytes: 0, totalBytes: 0 }, error: null });
    try {
      for await (const progress of await client.engines.pull({ engine, image }, { signal: mine.signal })) {
        if (abort.current === mine) setState({ progress, error: null });
      }
      if (abort.current !== mine) return;
      setState({ progress: null, error: null });
      onDone(image);
    } catch (error) {
      if (abort.current === mine) setState({ progress: null, error: mine.signal.aborted ? null : fromContract(error) });
    }
  };
  return {
    ...state,
    start: (engine, image) => void run(engine, image),
    cancel: () => {
      abort.current?.abort();
      setState({ progress: null, error: null });
    },
    dismiss: () => setState({ progress: null, error: null }),
  };
}
