#!/usr/bin/env node
// The command `stowage`: runs the command line with the Node that the project brings, building it first in a checkout.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { become, ensureBuilt, ensureInstalled, fail, projectNode, root } from './setup.mjs';

async function main() {
  const program = join(root, 'out', 'main', 'cli.js');
  const isCheckout = existsSync(join(root, 'electron', 'cli.ts'));
  if (isCheckout && !existsSync(program)) {
    await ensureInstalled();
    await ensureBuilt();
  }
  process.exitCode = await become(projectNode(), [program, ...process.argv.slice(2)]);
}

await main().catch(fail);
