import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import { checkSignal } from './bodies.ts';
import type { StorageEntry, StorageProvider } from './provider.ts';

export interface WalkOptions {
  signal?: AbortSignal | undefined;
  /** A folder after what is in it, as removing needs it. Default: before. */
  foldersLast?: boolean;
  /** Hears of a folder below `folder` that could not be listed, which is then passed over. Absent: the walk fails. */
  onUnlistable?: (entry: StorageEntry, error: unknown) => void;
}

interface Level {
  /** Null for the folder where the walk began. */
  readonly entry: StorageEntry | null;
  readonly pages: AsyncIterator<readonly StorageEntry[]>;
  page: readonly StorageEntry[];
  next: number;
}

/**
 * Everything below `folder` (not itself), depth first. Symlinks are given, never followed. Memory is bounded by the
 * depth: one page of a listing per level. A folder that vanishes meanwhile is taken as empty.
 * @throws what `list` throws for `folder`; `cancelled`
 */
export async function* walk(
  provider: StorageProvider,
  folder: InnerPath,
  options: WalkOptions = {},
): AsyncGenerator<StorageEntry, void, undefined> {
  const { signal, foldersLast = false, onUnlistable } = options;
  const open = (path: InnerPath, entry: StorageEntry | null): Level => ({
    entry,
    pages: provider.list(path, { signal })[Symbol.asyncIterator](),
    page: [],
    next: 0,
  });
  const levels: Level[] = [open(folder, null)];
  try {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      checkSignal(signal);
      const entry = level.page[level.next];
      if (entry) {
        level.next++;
        if (entry.kind !== 'directory') yield entry;
        else {
          if (!foldersLast) yield entry;
          levels.push(open(entry.path, entry));
        }
      } else if (!(await turnPage(level, onUnlistable))) {
        levels.pop();
        if (foldersLast && level.entry) yield level.entry;
      }
    }
  } finally {
    await Promise.all(levels.map(({ pages }) => pages.return?.()));
  }
}

/** Fetches the next page of a level; false at its end. */
async function turnPage(level: Level, onUnlistable: WalkOptions['onUnlistable']): Promise<boolean> {
  try {
    const page = await level.pages.next();
    if (page.done) return false;
    level.page = page.value;
    level.next = 0;
    return true;
  } catch (error) {
    if (level.entry === null || isStowageError(error, 'cancelled')) throw error;
    if (isStowageError(error, 'not-found')) return false;
    if (!onUnlistable) throw error;
    onUnlistable(level.entry, error);
    return false;
  }
}
