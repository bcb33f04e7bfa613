import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import electronVite from '../electron.vite.config.ts';

const root = join(import.meta.dirname, '..');
let built: Promise<string> | null = null;

/** The path of client.ts, bundled once per process as the entries of the app are, with their worker threads beside it. */
export function builtClient(): Promise<string> {
  built ??= buildClient();
  return built;
}

async function buildClient(): Promise<string> {
  // Of this process alone: another run of the benchmarks may be under way.
  const outDir = join(root, 'out/bench', String(process.pid));
  process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
  const input = { client: join(import.meta.dirname, 'client.ts'), ...workers() };
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      target: 'node24',
      outDir,
      rollupOptions: { input, output: { format: 'es', entryFileNames: '[name].js' } },
    },
  });
  return join(outDir, 'client.js');
}

/** The entries of the app that are worker threads. */
function workers(): Record<string, string> {
  const entries = electronVite.main?.build?.rollupOptions?.input;
  if (typeof entries !== 'object' || Array.isArray(entries)) throw new Error('electron.vite.config.ts names no entries');
  return Object.fromEntries(Object.entries(entries).filter(([name]) => name.endsWith('-worker')));
}
