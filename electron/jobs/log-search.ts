import { stripVTControlCharacters } from 'node:util';
import { readLogPage } from './log-reader.ts';

/** Read at once: what is worked on between two turns of the event loop. */
const sliceBytes = 512 * 1024;
/** One call looks through so much at most. */
const callBytes = 32 * 1024 * 1024;
/** A line longer than this is searched in parts. */
const longestLine = 64 * 1024;

export interface LogSearch {
  readonly text: string;
  /** Forwards from this byte on, or backwards from before it. */
  readonly from: number;
  readonly backwards: boolean;
}

export interface LogFind {
  /** Where the line begins that has the text; null: not found in what was looked through. */
  readonly offset: number | null;
  /** Where to go on; the end of the log (backwards: 0) when there is no more. */
  readonly next: number;
  readonly size: number;
}

/**
 * Finds the next line of a job's log with a text, whatever its case and the colours in it. Looks through a part of the log;
 * ask again from `next` on. @throws what the signal was aborted with
 */
export async function searchLog(directory: string, jobId: number, search: LogSearch, signal?: AbortSignal): Promise<LogFind> {
  const needle = search.text.toLowerCase();
  let { from: at } = search;
  let size = 0;
  for (let looked = 0; looked < callBytes; looked += sliceBytes) {
    signal?.throwIfAborted();
    const begin = search.backwards ? Math.max(0, at - sliceBytes) : at;
    // The line at the end of a slice is read whole: what follows it there belongs to the next slice.
    const page = await readLogPage(directory, jobId, begin, sliceBytes + longestLine);
    ({ size } = page);
    const end = Math.min(begin + sliceBytes, search.backwards ? at : size);
    const first = page.chunks[0]?.offset ?? begin;
    const lines = matchingLines(page.chunks.map(({ text }) => text).join(''), first, end, needle);
    const found = search.backwards ? lines.at(-1) : lines[0];
    if (found !== undefined) return { offset: found, next: search.backwards ? found : end, size };
    at = search.backwards ? begin : end;
    if (search.backwards ? at === 0 : at >= size) break;
  }
  return { offset: null, next: at, size };
}

/** Where the lines begin, before byte `end`, that have the needle; `first`: the byte at which the text begins. */
function matchingLines(text: string, first: number, end: number, needle: string): number[] {
  const plain = stripVTControlCharacters(text).toLowerCase();
  if (!plain.includes(needle)) return [];
  const found: number[] = [];
  let offset = first;
  for (const line of text.split('\n')) {
    if (offset >= end) break;
    if (stripVTControlCharacters(line).toLowerCase().includes(needle)) found.push(offset);
    offset += Buffer.byteLength(line) + 1;
  }
  return found;
}
