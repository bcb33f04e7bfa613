import { foldName } from '#shared/search/fold.ts';

/** Kinds of entries as the index keeps them: the place in this list. */
export const kindCodes = ['file', 'directory', 'symlink', 'special'] as const;
export const directoryCode = 1;

/** Entries of one folder as they were listed: some or all of it. Passes between threads by moving its arrays. */
export interface ListedPage {
  /** Number of the folder in the index; 0 is the vfolder itself. */
  readonly folder: number;
  /** Of the listing of this folder: what an earlier listing told of it is replaced when the last page has come. */
  readonly first: boolean;
  readonly last: boolean;
  /** Joined by `/`, which no name holds. */
  readonly names: string;
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly sizes: Float64Array<ArrayBuffer>;
  /** Milliseconds since the epoch; NaN where the host keeps none. */
  readonly times: Float64Array<ArrayBuffer>;
}

/** A page as it is kept: names folded, those which folding changed beside them. */
export interface IndexPage extends Omit<ListedPage, 'names'> {
  readonly count: number;
  /** UTF-8 of the folded names, each followed by `/`. */
  readonly names: Uint8Array;
  /** Where each ends in `names`, its `/` included. */
  readonly ends: Uint32Array;
  /** Which entries are not what their folded names say, ascending; the names of those, one after the other, in UTF-8. */
  readonly changed: Uint32Array;
  readonly changedEnds: Uint32Array;
  readonly changedNames: Uint8Array;
}

const slash = 0x2f;

export function toIndexPage({ names: joined, ...rest }: ListedPage): IndexPage {
  const count = rest.kinds.length;
  const folded = foldName(joined);
  const names = Buffer.from(count === 0 ? '' : `${folded}/`, 'utf8');
  const ends = new Uint32Array(count);
  let entry = 0;
  for (let at = names.indexOf(slash); at >= 0; at = names.indexOf(slash, at + 1)) ends[entry++] = at + 1;
  if (entry !== count) throw new Error(`a page of ${count} entries holds ${entry} names`);
  return { ...rest, count, names, ends, ...changedNames(joined, folded) };
}

function changedNames(joined: string, folded: string): Pick<IndexPage, 'changed' | 'changedEnds' | 'changedNames'> {
  const changed: number[] = [];
  const ends: number[] = [];
  const kept: Buffer[] = [];
  if (joined !== folded) {
    const now = folded.split('/');
    let end = 0;
    joined.split('/').forEach((name, index) => {
      if (name === now[index]) return;
      const bytes = Buffer.from(name, 'utf8');
      end += bytes.length;
      changed.push(index);
      ends.push(end);
      kept.push(bytes);
    });
  }
  return { changed: Uint32Array.from(changed), changedEnds: Uint32Array.from(ends), changedNames: Buffer.concat(kept) };
}
