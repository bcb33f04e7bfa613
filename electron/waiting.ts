/**
 * Waits for `work` at most `milliseconds`, then gives what `late` gives (or throws what it throws). The work goes on; who
 * can stop it does that in `late`.
 */
export async function waitAtMost<T, L = void>(
  work: Promise<T>,
  milliseconds: number,
  late: () => L = () => undefined as L,
): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(milliseconds, 0));
  // Should it fail after the wait, nobody listens any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
