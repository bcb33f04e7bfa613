import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import { checkSignal } from './bodies.ts';
import { hasLocalPath, type StorageEntry, type StorageProvider } from './provider.ts';

export interface WalkOptions {
  signal?: AbortSignal | undefined;
  /** A folder after what is in it, as removing needs it. Default: before. */
  foldersLast?: boolean;
  /** Hears of a folder below `folder` that could not be listed, which is then passed over. Absent: the walk fails. */
  onUnlistable?: (entry: StorageEntry, error: unknown) => void;
}

type Pages = AsyncIterator<readonly StorageEntry[]>;

interface Level {
  /** Null for the folder where the walk began. */
  readonly entry: StorageEntry | null;
  readonly pages: Pages;
  page: readonly StorageEntry[];
  next: number;
  /** Up to where the page was looked through for folders to list ahead. */
  looked: number;
  /** Listings of folders of this page that were begun before the walk came to them. */
  readonly begun: Map<InnerPath, Pages>;
}

/** Folders that are listed ahead in each level, and in all of them, where a listing is a request to a host. */
const aheadInLevel = 8;
const aheadInAll = 32;

/**
 * Everything below `folder` (not itself), depth first. Symlinks are given, never followed. Memory is bounded: a page of a
 * listing for each level and for each folder that is listed ahead. A folder that vanishes meanwhile is taken as empty.
 * @throws what `list` throws for `folder`; `cancelled`
 */
export async function* walk(
  provider: StorageProvider,
  folder: InnerPath,
  options: WalkOptions = {},
): AsyncGenerator<StorageEntry, void, undefined> {
  const { signal, foldersLast = false, onUnlistable } = options;
  const list = async function* (path: InnerPath): AsyncGenerator<readonly StorageEntry[]> {
    yield* provider.list(path, { signal });
  };
  const open = (pages: Pages, entry: StorageEntry | null): Level => {
    return { entry, pages, page: [], next: 0, looked: 0, begun: new Map() };
  };
  let begun = 0;
  const mostInAll = hasLocalPath(provider) ? 0 : aheadInAll;
  const listAhead = (level: Level): void => {
    for (; level.looked < level.page.length && level.begun.size < aheadInLevel && begun < mostInAll; level.looked++) {
      const entry = level.page[level.looked];
      if (entry?.kind !== 'directory') continue;
      level.begun.set(entry.path, begin(list(entry.path)));
      begun++;
    }
  };
  /** The listing of a folder of this level: the one that was begun, else a new one. */
  const take = (level: Level, path: InnerPath): Pages => {
    const pages = level.begun.get(path);
    if (!pages) return list(path);
    level.begun.delete(path);
    begun--;
    return pages;
  };
  const levels: Level[] = [open(list(folder), null)];
  try {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      checkSignal(signal);
      listAhead(level);
      const entry = level.page[level.next];
      if (entry) {
        level.next++;
        level.looked = Math.max(level.looked, level.next);
        if (entry.kind !== 'directory') yield entry;
        else {
          const pages = take(level, entry.path);
          levels.push(open(pages, entry));
          if (!foldersLast) yield entry;
        }
      } else if (!(await turnPage(level, onUnlistable))) {
        levels.pop();
        if (foldersLast && level.entry) yield level.entry;
      }
    }
  } finally {
    // What is still on its way for nobody is not waited for.
    for (const pages of levels.flatMap((level) => [...level.begun.values()])) pages.return?.().catch(() => undefined);
    await Promise.all(levels.map(({ pages }) => pages.return?.()));
  }
}

/** The same listing, with its first page on its way. */
function begin(pages: Pages): Pages {
  let first: ReturnType<Pages['next']> | null = pages.next();
  // It is awaited later, or never when the walk is left.
  first.catch(() => undefined);
  return {
    next: () => {
      const page = first ?? pages.next();
      first = null;
      return page;
    },
    return: async () => (await pages.return?.()) ?? { done: true, value: undefined },
  };
}

/** Fetches the next page of a level; false at its end. */
async function turnPage(level: Level, onUnlistable: WalkOptions['onUnlistable']): Promise<boolean> {
  try {
    const page = await level.pages.next();
    if (page.done) return false;
    Object.assign(level, { page: page.value, next: 0, looked: 0 });
    return true;
  } catch (error) {
    if (level.entry === null || isStowageError(error, 'cancelled')) throw error;
    if (isStowageError(error, 'not-found')) return false;
    if (!onUnlistable) throw error;
    onUnlistable(level.entry, error);
    return false;
  }
}
