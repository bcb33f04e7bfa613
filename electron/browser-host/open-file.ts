import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { browserHost } from '#shared/bridge.ts';
import { runFolder, writeOwnerOnly } from '../rpc/owner-only.ts';

/**
 * The file that signs a browser in: a page that hands the key over in the one part of an address that is never sent. It
 * can be opened before there is a key: it waits then.
 */
export interface OpenFile {
  readonly path: string;
  /** Written before anything else is done, so that a browser can start meanwhile. */
  wait(): void;
  publish(url: string, key: string): void;
  /** Nothing will come: the page says so to whoever waits. */
  fail(message: string): void;
  remove(): void;
}

const pathIn = (home: string): string => join(home, 'run', 'open.html');

/** The file of a browser host that serves this home; null when there is none. */
export const findOpenFile = (home: string): string | null => (existsSync(pathIn(home)) ? pathIn(home) : null);

/** @throws StowageError `permission-denied` when the folder is not its owner's alone */
export function openFile(home: string): OpenFile {
  runFolder(home);
  const path = pathIn(home);
  return {
    path,
    wait: () => writeOwnerOnly(path, page('<p>Opening Stowage…</p><script>setTimeout(() => location.reload(), 30)</script>')),
    publish: (url, key) => {
      const target = `${url}#${browserHost.fragment}=${key}`;
      const refresh = `<meta http-equiv="refresh" content="0; url=${target}">`;
      writeOwnerOnly(path, page(`<p><a href="${target}">Open Stowage</a></p>`, refresh));
    },
    fail: (message) => writeOwnerOnly(path, page(`<p>Stowage could not be opened: ${inert(message)}</p>`)),
    remove: () => rmSync(path, { force: true }),
  };
}

const inert = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (body: string, head = ''): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
${head}
<title>Stowage</title>
<body style="font: 14px sans-serif">
${body}
</html>
`;
