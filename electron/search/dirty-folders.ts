import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** More changed folders than this are as a whole vfolder that changed. */
const maxFolders = 500;

/**
 * The folders of a vfolder that changed since its index was taken, kept in a file beside it: a command that ends, or a
 * crash, forgets none.
 */
export class DirtyFolders {
  readonly #file: string;
  readonly #paths: Set<string>;
  /** So much changed that the index has to be taken anew. */
  #everything = false;

  constructor(file: string) {
    this.#file = file;
    this.#paths = new Set(readPaths(file));
    this.#overflow();
  }

  get paths(): ReadonlySet<string> {
    return this.#paths;
  }
  get everything(): boolean {
    return this.#everything;
  }
  get none(): boolean {
    return this.#paths.size === 0 && !this.#everything;
  }

  add(path: string): void {
    if (this.#paths.has(path) || this.#everything) return;
    this.#paths.add(path);
    appendFileSync(this.#file, `${JSON.stringify(path)}\n`, { mode: 0o600 });
    this.#overflow();
  }

  /** As much as everything. */
  addAll(): void {
    this.#everything = true;
    this.#paths.clear();
    writeFileSync(this.#file, 'null\n', { mode: 0o600 });
  }

  /** They are in the index now; with `everything` all that was not added since. */
  remove(paths: Iterable<string>, everything = false): void {
    for (const path of paths) this.#paths.delete(path);
    if (everything) this.#everything = false;
    if (this.none) rmSync(this.#file, { force: true });
    else if (!this.#everything)
      writeFileSync(this.#file, [...this.#paths].map((path) => `${JSON.stringify(path)}\n`).join(''), { mode: 0o600 });
  }

  #overflow(): void {
    if (this.#paths.has(everythingMark) || this.#paths.size > maxFolders) this.addAll();
  }
}

/** No path ends so. */
const everythingMark = '//';

function readPaths(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        const path: unknown = JSON.parse(line);
        return typeof path === 'string' ? path : everythingMark;
      } catch {
        // A line that was cut short could have told of anything.
        return everythingMark;
      }
    });
}
