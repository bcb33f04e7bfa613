import type { TreeChanges } from '#shared/contract/provenance.ts';
import { type InputEntry, kindOfVersion } from './input-source.ts';

/** Whether two states of a file are the same; null: that cannot be told. */
export type SameContent = (before: InputEntry, after: InputEntry) => Promise<boolean | null> | boolean | null;

/** By what is on the lists alone. */
export const sameByVersion: SameContent = (before, after) => {
  if (before.version === after.version && before.size === after.size) return true;
  if (before.size !== after.size) return false;
  const [first, second] = [kindOfVersion(before.version), kindOfVersion(after.version)];
  if (first === second) return false;
  return first === 'link' || second === 'link' ? false : null;
};

/** Compares two sorted lists, of which at most `limit` files that differ are named. Memory does not grow with the lists. */
export async function diffEntries(
  before: AsyncIterable<InputEntry>,
  after: AsyncIterable<InputEntry>,
  { limit, same = sameByVersion }: { readonly limit: number; readonly same?: SameContent },
): Promise<TreeChanges> {
  const [old, now] = [before[Symbol.asyncIterator](), after[Symbol.asyncIterator]()];
  const changes: TreeChanges = { added: 0, removed: 0, changed: 0, unsure: 0, unchanged: 0, files: [] };
  const note = (change: TreeChanges['files'][number]['change'], from: InputEntry | null, to: InputEntry | null): void => {
    changes[change] += 1;
    const path = (from ?? to)?.path ?? '';
    if (changes.files.length < limit) changes.files.push({ path, change, before: from?.size ?? null, after: to?.size ?? null });
  };
  try {
    let [left, right] = [await old.next(), await now.next()];
    while (!left.done || !right.done) {
      if (right.done || (!left.done && left.value.path < right.value.path)) {
        note('removed', left.value, null);
        left = await old.next();
      } else if (left.done || right.value.path < left.value.path) {
        note('added', null, right.value);
        right = await now.next();
      } else {
        const verdict = await same(left.value, right.value);
        if (verdict === true) changes.unchanged += 1;
        else note(verdict === null ? 'unsure' : 'changed', left.value, right.value);
        left = await old.next();
        right = await now.next();
      }
    }
    return changes;
  } finally {
    await Promise.all([old.return?.(undefined), now.return?.(undefined)]);
  }
}
