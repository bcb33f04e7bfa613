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
/** While sources are being counted the plan is made again: soon at first, then at growing pauses, and not without end. */
const firstLook = 700;
const longestPause = 10_000;
const mostLooks = 25;

/** Some figure of the plan, also of an approach that was not chosen, is not final. */
const isCounting = (plan: Plan): boolean =>
  plan.cost.counting === true ||
  plan.mounts.some(({ options }) => options.some(({ possible, cost }) => possible && (cost === null || cost.counting)));

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
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = async (looks: number): Promise<void> => {
      try {
        const made = await client.plan.preview({ spec: JSON.parse(asked) as JobSpec }, { signal: abort.signal });
        if (abort.signal.aborted) return;
        setPreview({ plan: made, error: null, pending: false, for: asked });
        if (!isCounting(made) || looks >= mostLooks) return;
        timer = setTimeout(() => void plan(looks + 1), Math.min(longestPause, firstLook * 1.5 ** looks));
      } catch (error) {
        if (!abort.signal.aborted)
          setPreview((before) => ({ plan: before.plan, error: fromContract(error), pending: false, for: asked }));
      }
    };
    timer = setTimeout(() => void plan(0), first.current ? 0 : debounce);
    first.current = false;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, facts]);
  return { plan: preview.plan, error: preview.error, pending: preview.for !== asked };
}
