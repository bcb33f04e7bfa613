import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { InputEntry } from './input-source.ts';

/** So many are sorted at once, which takes some ten milliseconds. */
const runEntries = 10_000;
const runLetters = 4_000_000;
/** At once of each sorted file, of which there may be a hundred. */
const readBytes = 16 * 1024;

/**
 * Sorts any number of entries by path (by UTF-16 code units) in bounded memory: what is beyond a few megabytes waits in
 * sorted files.
 */
export class SortedEntries {
  readonly #directory: string;
  #run: InputEntry[] = [];
  #letters = 0;
  readonly #files: string[] = [];

  /** `directory` exists. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Waited for before the next is added. */
  async add(entry: InputEntry): Promise<void> {
    this.#run.push(entry);
    this.#letters += entry.path.length + entry.version.length;
    if (this.#run.length >= runEntries || this.#letters >= runLetters) await this.#spill();
  }

  /** All of them, in order; can be read again. */
  async *read(): AsyncGenerator<InputEntry> {
    sort(this.#run);
    const sources: (AsyncIterator<InputEntry> | Iterator<InputEntry>)[] = [
      ...this.#files.map((file) => readLines(createReadStream(file, { highWaterMark: readBytes }))),
      this.#run.values(),
    ];
    if (sources.length === 1) {
      yield* this.#run;
      return;
    }
    const heads = await Promise.all(sources.map(async (source) => (await source.next()).value as InputEntry | undefined));
    try {
      for (;;) {
        const least = leastOf(heads);
        const head = heads[least];
        if (head === undefined) return;
        yield head;
        heads[least] = (await sources[least]?.next())?.value as InputEntry | undefined;
      }
    } finally {
      for (const source of sources) await source.return?.();
    }
  }

  /** Removes the files. */
  async drop(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => rm(file, { force: true })));
  }

  async #spill(): Promise<void> {
    sort(this.#run);
    const file = join(this.#directory, `${randomUUID()}.run`);
    this.#files.push(file);
    await writeFile(file, this.#run.map(toLine).join(''), { mode: 0o600 });
    this.#run = [];
    this.#letters = 0;
  }
}

/** The index of the entry that comes first; -1 at the end. */
function leastOf(heads: readonly (InputEntry | undefined)[]): number {
  let least = -1;
  let path = '';
  for (let at = 0; at < heads.length; at++) {
    const head = heads[at];
    if (head === undefined || (least >= 0 && head.path >= path)) continue;
    least = at;
    path = head.path;
  }
  return least;
}

const sort = (entries: InputEntry[]): void => {
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
};

/** An entry as a line of a list, with its line feed. */
export const toLine = ({ path, size, version }: InputEntry): string => `${JSON.stringify([path, size, version])}\n`;

function fromLine(line: string): InputEntry {
  // Written by `toLine`.
  const [path, size, version] = JSON.parse(line) as [string, number, string];
  return { path, size, version };
}

/** The entries of a stream of lines. @throws what the stream throws */
export async function* readLines(stream: Readable): AsyncGenerator<InputEntry> {
  // Not with `readline`, which takes other characters for the end of a line as well, and these may be in names.
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = `${rest}${chunk as string}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield fromLine(line);
  }
}
