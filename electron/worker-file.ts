import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Where the entry of a worker thread is: in the sources beside the module that starts it (`module`: its import.meta.url),
 * once bundled beside the entries or one folder above.
 */
export function workerFile(module: string, name: string): URL {
  if (module.endsWith('.ts')) return new URL(`./${name}.ts`, module);
  const beside = new URL(`./${name}.js`, module);
  return existsSync(fileURLToPath(beside)) ? beside : new URL(`../${name}.js`, module);
}
