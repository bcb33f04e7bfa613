import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { StowageError } from '#shared/errors.ts';

/** An answer for one path of the app, the same in both shells. */
export interface StaticAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface StaticApp {
  /** Whether the app has a file at this path of a URL (`/` is its page). */
  has(path: string): boolean;
  /**
   * The file at this path of a URL, without query; 404 for everything that the build did not make. `connect` are
   * origins beside the page's own that it may talk to.
   */
  answer(path: string, connect?: readonly string[]): Promise<StaticAnswer>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Headers that every answer of either shell bears. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** For answers that are no page: nothing may run, load or be framed. */
export const inertPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";

const scriptPolicy = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";

/** The policy of the app's page. The style library adds `<style>` elements, which bear the nonce. */
export function pagePolicy(nonce: string, connect: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...connect].join(' '),
    "media-src 'self' blob:",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/**
 * Serves the built renderer in `root` (a folder, also inside an asar archive). The files are listed once for each build:
 * a path that is not in the list is not looked for, so none can climb out.
 * @throws StowageError `not-found` when the renderer is not built
 */
export function createStaticApp(root: string): StaticApp {
  const page = join(root, 'index.html');
  let files = listFiles(root);
  let built = mtimeOf(page);
  if (built === null) {
    throw new StowageError('not-found', `The app's page is missing from “${root}”.`, {
      subject: root,
      hint: 'Build it with: npm run build',
    });
  }
  return {
    has: (path) => files.has(path),
    answer: async (path, connect) => {
      const found = path === '/' ? mtimeOf(page) : built;
      if (found !== null && found !== built) {
        built = found;
        files = listFiles(root);
      }
      const file = files.get(path);
      if (!file) return missing();
      return file === page ? answerPage(page, connect) : answerAsset(path, file);
    },
  };
}

const mtimeOf = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;

const listFiles = (root: string): Map<string, string> => new Map([['/', join(root, 'index.html')], ...list(root)]);

function* list(root: string, prefix = '/'): Generator<[string, string]> {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(root);
  } catch (error) {
    if (prefix === '/') return;
    throw error;
  }
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) yield* list(path, `${prefix}${encodeURIComponent(entry.name)}/`);
    else if (entry.isFile()) yield [`${prefix}${encodeURIComponent(entry.name)}`, path];
  }
}

const readEntries = (folder: string) => readdirSync(folder, { withFileTypes: true });

async function answerPage(file: string, connect: readonly string[] | undefined): Promise<StaticAnswer> {
  const nonce = randomBytes(16).toString('base64');
  const html = withNonce(await readFile(file, 'utf8'), nonce);
  return {
    status: 200,
    headers: {
      ...securityHeaders,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': pagePolicy(nonce, connect),
    },
    body: Buffer.from(html),
  };
}

/** Fills `<meta name="csp-nonce">`, or adds it. */
function withNonce(html: string, nonce: string): string {
  const meta = `<meta name="csp-nonce" content="${nonce}">`;
  const present = /<meta\s+name="csp-nonce"[^>]*>/i;
  return present.test(html) ? html.replace(present, meta) : html.replace(/<head[^>]*>/i, (head) => `${head}${meta}`);
}

async function answerAsset(path: string, file: string): Promise<StaticAnswer> {
  const hashed = /^\/assets\/.*-[\w-]{8,}\.\w+$/.test(path);
  return {
    status: 200,
    headers: {
      ...securityHeaders,
      'content-type': contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      // A sandboxed policy would take a worker's script its origin.
      'content-security-policy': extname(file) === '.js' ? scriptPolicy : inertPolicy,
    },
    body: await readFile(file),
  };
}

const missing = (): StaticAnswer => ({
  status: 404,
  headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', 'content-security-policy': inertPolicy },
  body: Buffer.from('There is nothing here.\n'),
});
