// `npm run bench -- [--only NAME,…] [--json FILE] [--list]`, names by their beginning: ours and the peers in one run, on the project's own Node.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled, projectNode } from './setup.mjs';

await ensureInstalled();
await ensureBuilt();
const bench = fileURLToPath(new URL('../bench/run.ts', import.meta.url));
const child = spawn(projectNode(), [bench, ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
