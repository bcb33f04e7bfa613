/** Keeps what was found out for a short time; equal questions under way at once are asked once. */
export interface BriefCache<Value> {
  get(key: string, find: () => Promise<Value>): Promise<Value>;
}

/**
 * @param milliseconds how long an answer counts; a failure counts for nobody but those who waited for it
 * @param maxEntries the oldest answers are forgotten beyond it
 */
export function createBriefCache<Value>(milliseconds: number, maxEntries = 500): BriefCache<Value> {
  const kept = new Map<string, { until: number; value: Promise<Value> }>();
  return {
    get: (key, find) => {
      const known = kept.get(key);
      if (known && known.until > performance.now()) return known.value;
      const value = find();
      kept.delete(key);
      kept.set(key, { until: performance.now() + milliseconds, value });
      value.catch(() => {
        if (kept.get(key)?.value === value) kept.delete(key);
      });
      const [oldest] = kept.keys();
      if (kept.size > maxEntries && oldest !== undefined) kept.delete(oldest);
      return value;
    },
  };
}
