import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** More changed folders than this are as a whole vfolder that changed. */
const maxFolders = 500;

/**
 * The folders of a vfolder that changed since its index was taken, kept in a file beside it: a command that ends, or a
 * crash, forgets none.
 */
export class DirtyFolders {
  readonly #file: string;
  #now: Changed;
  /** What is being brought up to date. */
  #aside: Changed = unchanged();

  constructor(file: string) {
    this.#file = file;
    const paths = readPaths(file);
    this.#now = { paths: new Set(paths), everything: paths.includes(everythingMark) };
    this.#overflow();
  }

  /** Those that nobody is bringing up to date. */
  get paths(): ReadonlySet<string> {
    return this.#now.paths;
  }
  /** So much changed that the index has to be taken anew. */
  get everything(): boolean {
    return this.#now.everything;
  }
  /** The index holds every change that is known of. */
  get none(): boolean {
    return [this.#now, this.#aside].every(({ paths, everything }) => paths.size === 0 && !everything);
  }

  add(path: string): void {
    const { paths, everything } = this.#now;
    if (everything || paths.has(path)) return;
    paths.add(path);
    appendFileSync(this.#file, `${JSON.stringify(path)}\n`, { mode: 0o600 });
    this.#overflow();
  }

  /**
   * Sets aside what changed until now, to be brought up to date: what changes meanwhile, the same folders too, is kept
   * apart. `done` forgets it, `failed` puts it back, as much as everything with `everything`.
   */
  begin(): { done(): void; failed(everything?: boolean): void } {
    this.#aside = this.#now;
    this.#now = unchanged();
    return {
      done: () => {
        this.#aside = unchanged();
        this.#write();
      },
      failed: (everything = false) => {
        const { paths } = this.#now;
        for (const path of this.#aside.paths) paths.add(path);
        this.#now = { paths, everything: everything || this.#now.everything || this.#aside.everything };
        this.#aside = unchanged();
        this.#overflow();
        this.#write();
      },
    };
  }

  #overflow(): void {
    const { paths, everything } = this.#now;
    if (!everything && paths.size <= maxFolders) return;
    this.#now = { paths: new Set(), everything: true };
    this.#write();
  }

  #write(): void {
    // What is aside is still to be known after a crash.
    const changed = [this.#aside, this.#now];
    const lines = changed.flatMap(({ paths, everything }) => (everything ? [everythingMark] : [...paths]));
    if (lines.length === 0) rmSync(this.#file, { force: true });
    else writeFileSync(this.#file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  }
}

interface Changed {
  readonly paths: Set<string>;
  readonly everything: boolean;
}

const unchanged = (): Changed => ({ paths: new Set(), everything: false });

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
