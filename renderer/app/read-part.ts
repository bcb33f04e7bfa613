import { desktop } from './connection.ts';

/** As long as networks may come and go, but not without end. */
const mostTries = 8;
const pauseMs = 150;

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
  const read = reads.get(url) ?? readToEnd(url).catch(() => void reads.delete(url));
  reads.set(url, read);
  return read;
}

/** The import says what is wrong with a file that could not be read. */
async function readToEnd(url: string, tries = mostTries): Promise<void> {
  // The page's head has it read already.
  if ([...document.head.querySelectorAll('link')].some(({ href }) => href === url)) return;
  try {
    await (await fetch(url)).arrayBuffer();
  } catch (error) {
    if (tries <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await readToEnd(url, tries - 1);
  }
}
