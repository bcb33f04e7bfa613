import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageContract } from '../contract.suite.ts';
import { createLocalProvider } from './provider.ts';

storageContract('local', {
  rename: true,
  resumableWrite: true,
  open: async () => {
    const root = await mkdtemp(join(tmpdir(), 'stowage-local-'));
    return { provider: createLocalProvider(root), cleanUp: () => rm(root, { recursive: true, force: true }) };
  },
});
