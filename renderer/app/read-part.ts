import { desktop, useConnection } from './connection.ts';

/** What cannot be read so often although Stowage answers will not be read. */
const mostTries = 6;
const firstPauseMs = 150;
const longestPauseMs = 1000;

const reads = new Map<string, Promise<void>>();

/**
 * Fetches the files of a part of the program before it is imported, so that the import finds them in the browser's cache.
 * A browser breaks off what it reads when a network comes or goes, as with every container: a fetch can be made again, but
 * an import that was broken off fails for as long as the page stands. The build puts it before every `import()`, see
 * electron.vite.config.ts.
 * @param load the import itself, of which only the text is looked at
 * @param files what Vite says the import reads besides, relative to `importer`; may be empty
 */
export async function readPart(load: () => Promise<unknown>, files: readonly string[] = [], importer: string): Promise<void> {
  // The desktop shell reads its files over no network.
  if (desktop) return;
  const own = /import\([`'"](?<file>[^`'"]+)[`'"]\)/.exec(String(load))?.groups?.file;
  const urls = new Set([...(own ? [own] : []), ...files].map((file) => new URL(file, importer).href));
  await Promise.all([...urls].map(readOnce));
}

function readOnce(url: string): Promise<void> {
  const read = reads.get(url) ?? readToEnd(url);
  reads.set(url, read);
  return read;
}

/** The import says what is wrong with a file that could not be read. While Stowage is away, it is waited for. */
async function readToEnd(url: string): Promise<void> {
  // The page's head has it read already.
  if ([...document.head.querySelectorAll('link')].some(({ href }) => href === url)) return;
  let pause = firstPauseMs;
  for (let tries = 0; tries < mostTries; ) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      if (useConnection.getState().state === 'ready') tries += 1;
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(2 * pause, longestPauseMs);
    }
  }
}
