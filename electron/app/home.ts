import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where this installation keeps its data and the first local host. */
export interface Home {
  /** Database, logs, sockets: owner only. */
  readonly data: string;
  /** Root of the local host that is there at first start. */
  readonly localRoot: string;
}

/** `STOWAGE_HOME` holds everything when it is set; else the platform's usual place, and `~/Stowage` for the folders. */
export function findHome(environment: NodeJS.ProcessEnv = process.env): Home {
  const set = environment.STOWAGE_HOME;
  if (set) return { data: resolve(set), localRoot: join(resolve(set), 'vfolders') };
  return { data: platformData(environment), localRoot: join(homedir(), 'Stowage') };
}

function platformData(environment: NodeJS.ProcessEnv): string {
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Stowage');
    case 'win32':
      return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Stowage');
    default:
      return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'stowage');
  }
}

/** What is loaded from here on is compiled once, and kept in the data directory, which is its owner's only. */
export function keepCompiled(data: string): void {
  const folder = join(data, 'compiled');
  try {
    // Node would make it, and the data directory, for everybody to read.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Whoever opens the data directory says what is wrong with it.
    return;
  }
  enableCompileCache(folder);
}

/** The folder that holds Stowage's package.json: a checkout, or what the packager made of it. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!isStowage(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the files of Stowage are not where they should be: no package.json found');
    folder = parent;
  }
  return folder;
}

const isStowage = (folder: string): boolean => {
  const file = join(folder, 'package.json');
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'stowage';
};

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
