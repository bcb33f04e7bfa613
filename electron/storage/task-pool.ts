/**
 * Runs tasks, at most `parallel` at a time, taking the next from `tasks` only when there is room for it. After a failure
 * no more are begun; those under way are waited for.
 * @throws the first failure
 */
export async function runPool(
  tasks: AsyncIterable<() => Promise<void>> | Iterable<() => Promise<void>>,
  parallel: number,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const task of tasks) {
    const running: Promise<void> = task()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => pending.delete(running));
    pending.add(running);
    if (pending.size >= parallel) await Promise.race(pending);
    if (failures.length > 0) break;
  }
  await Promise.all(pending);
  if (failures.length > 0) throw failures[0];
}
