import type { Match, SearchSort } from '#shared/contract/search.ts';
import type { SearchQuery } from '#shared/search/query.ts';
import type { IndexEnd, IndexIdentity } from './index-file.ts';
import type { ListedPage } from './page.ts';

/** An index: the id of its vfolder, where it is kept, what it is of. */
export interface IndexRef {
  readonly key: string;
  readonly file: string;
  readonly identity: IndexIdentity;
}

/** What the index thread is asked for. An index that is not in memory is loaded. */
export type IndexOrder =
  /** Gives IndexMeta, or null when there is none that can be used. */
  | { readonly type: 'open'; readonly index: IndexRef }
  /** Begins to take one; `hold`: it can be searched meanwhile. */
  | { readonly type: 'create'; readonly index: IndexRef; readonly hold: boolean }
  /** A page of the index being taken, or with `again` of the one that is kept; gives the folders in it. */
  | { readonly type: 'page'; readonly index: IndexRef; readonly page: ListedPage; readonly again: boolean }
  /** The index being taken is whole. */
  | { readonly type: 'publish'; readonly index: IndexRef; readonly end: IndexEnd }
  | { readonly type: 'discard'; readonly index: IndexRef }
  /** Gives Found. */
  | { readonly type: 'search'; readonly index: IndexRef; readonly search: Search }
  /** The deepest known folder on the way to a path; gives Nearest. */
  | { readonly type: 'nearest'; readonly index: IndexRef; readonly path: string }
  /** Forgets an index, and its file. */
  | { readonly type: 'drop'; readonly index: IndexRef };

export interface Search {
  readonly query: SearchQuery;
  /** Below this folder of the vfolder. */
  readonly path: string;
  readonly limit: number;
  readonly sort: SearchSort | null;
  /** In the index being taken, from this entry on, in its order. */
  readonly taking: { readonly from: number } | null;
}

export interface IndexMeta extends IndexEnd {
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Pages that were added later were lost: the index does not hold all that it should. */
  readonly cut: boolean;
  /** Most of the file is what was there once. */
  readonly wasteful: boolean;
  /** Of memory. */
  readonly memory: number;
}

export interface Found {
  readonly total: number;
  readonly matches: Omit<Match, 'name'>[];
  /** Entries that there were: where to go on while the index is being taken. */
  readonly to: number;
  /** The folder is not in the index. */
  readonly unknown: boolean;
}

export interface Nearest {
  readonly folder: number;
  readonly path: string;
}

/** Numbers of the folders of a page, in its order; what is below a new one is not known. */
export type PageFolders = { folder: number; isNew: boolean }[];

export interface IndexAnswer {
  readonly id: number;
  readonly result?: unknown;
  /** The index is not there, or anything else that went wrong. */
  readonly error?: string;
}
