import { useEffect, useRef, useState } from 'react';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

export interface PlanPreview {
  /** The last plan; it stays on screen while the next one is made. */
  readonly plan: Plan | null;
  readonly error: StowageError | null;
  /** The plan is older than what was asked. */
  readonly pending: boolean;
}

/** Waits until typing pauses, milliseconds. */
const debounce = 150;

/** Plans `spec` as it changes; the latest wins and an older plan that is still being made is cancelled. `facts` changes when the world did. */
export function usePlanPreview(spec: JobSpec, facts: unknown): PlanPreview {
  const asked = JSON.stringify(spec);
  const [preview, setPreview] = useState<PlanPreview & { readonly for: string | null }>({
    plan: null,
    error: null,
    pending: true,
    for: null,
  });
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `facts` is what makes an unchanged spec worth planning again
  useEffect(() => {
    const abort = new AbortController();
    const plan = async (): Promise<void> => {
      try {
        const made = await client.plan.preview({ spec: JSON.parse(asked) as JobSpec }, { signal: abort.signal });
        if (!abort.signal.aborted) setPreview({ plan: made, error: null, pending: false, for: asked });
      } catch (error) {
        if (!abort.signal.aborted)
          setPreview((before) => ({ plan: before.plan, error: fromContract(error), pending: false, for: asked }));
      }
    };
    const timer = setTimeout(() => void plan(), first.current ? 0 : debounce);
    first.current = false;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, facts]);
  return { plan: preview.plan, error: preview.error, pending: preview.for !== asked };
}
