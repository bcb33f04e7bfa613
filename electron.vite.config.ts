import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const root = import.meta.dirname;
const at = (path: string): string => resolve(root, path);

/** What the first screen is drawn with is fetched with the page, not when the script that connects has been read. */
const preloadStart: Plugin = {
  name: 'preload-start',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle = {} }) => {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const start = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith('/renderer/app/start.tsx')));
      if (!start) throw new Error('the chunk of the first screen is missing');
      const font = Object.keys(bundle).find((name) => /inter-latin-wght-normal-.*\.woff2$/.test(name));
      if (!font) throw new Error('the font of the first screen is missing');
      return [
        ...[start.fileName, ...start.imports].map((name) => ({ rel: 'modulepreload', href: `./${name}` })),
        { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '', href: `./${font}` },
      ].map((attrs) => ({ tag: 'link', attrs, injectTo: 'head' as const }));
    },
  },
};

/** Every `import()` of the page waits until what it reads is in the browser's cache: see read-part.ts. */
const readBeforeImport: Plugin = {
  name: 'read-before-import',
  transform: {
    filter: { id: /vite\/preload-helper/ },
    handler: (code) => {
      const renamed = code.replace('export const __vitePreload =', 'const importPart =');
      if (renamed === code) throw new Error('Vite exports the way it imports parts under another name');
      return (
        `import { readPart } from ${JSON.stringify(at('renderer/app/read-part.ts'))};\n${renamed};\n` +
        'export const __vitePreload = (...part) => readPart(...part).then(() => importPart(...part));\n'
      );
    },
  },
};

/** main: the Electron shell, the browser host and the command line, each its own entry around one core. */
export default defineConfig({
  main: {
    build: {
      // Loaded from one file instead of some thousand: half of the time that a start takes. dockerode stays outside: it brings
      // a native part, and is loaded when the engine is first asked.
      externalizeDeps: {
        exclude: [
          '@aws-sdk/client-s3',
          '@azure/core-rest-pipeline',
          '@azure/storage-blob',
          '@orpc/client',
          '@orpc/contract',
          '@orpc/server',
          'commander',
          'tar-stream',
          'ws',
          'zod',
        ],
      },
      outDir: 'out/main',
      rollupOptions: {
        input: {
          main: at('electron/main.ts'),
          serve: at('electron/serve.ts'),
          cli: at('electron/cli.ts'),
          // Worker threads; copy-pool.ts, listing-thread.ts, index-thread.ts, cache-thread.ts and digests.ts find them beside the entries.
          'copy-worker': at('electron/transfers/copy-worker.ts'),
          'listing-worker': at('electron/storage/local/listing-worker.ts'),
          'index-worker': at('electron/search/index-worker.ts'),
          'preview-worker': at('electron/previews/preview-worker.ts'),
          'cache-worker': at('electron/cache/cache-worker.ts'),
          'digest-worker': at('electron/storage/remote/digest-worker.ts'),
          'hash-worker': at('electron/provenance/hash-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { preload: at('electron/preload.ts') },
        // A sandboxed preload is CommonJS and carries everything it needs.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [react(), preloadStart, readBeforeImport],
    // Half as much for the page to read before it can be used.
    build: {
      minify: true,
      outDir: at('out/renderer'),
      rolldownOptions: {
        input: at('renderer/index.html'),
        output: {
          // Two files and not three dozen: what reaches the core and fetches the first data, and what draws it.
          codeSplitting: {
            groups: [
              {
                name: 'connection',
                test: /renderer\/app\/(connection|changes|read-part)\.ts$|vite\/preload-helper/,
                priority: 2,
              },
              { name: 'first-screen', test: /renderer\/app\/start\.tsx$/, priority: 1 },
            ],
          },
        },
      },
    },
  },
});
