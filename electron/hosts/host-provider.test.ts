import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedactor } from '../secrets/redactor.ts';
import { storageContract } from '../storage/contract.suite.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import { createHostProvider, type Opened } from './host-provider.ts';

const openedOver = (provider: Opened['provider'], hasSecret: boolean): Opened => ({
  provider,
  refusal: null,
  name: 'test',
  readOnly: false,
  hasSecret,
});

// What stands before every provider keeps the contract as they do.
storageContract('a host over the memory provider', {
  rename: true,
  resumableWrite: true,
  copy: true,
  editProperties: true,
  open: async () => {
    const { provider, close } = createHostProvider(() => openedOver(createMemoryProvider(), true), createRedactor());
    return { provider, cleanUp: close };
  },
});

storageContract('a host over a directory', {
  rename: true,
  resumableWrite: true,
  open: async () => {
    const root = await mkdtemp(join(tmpdir(), 'stowage-host-'));
    const { provider, close } = createHostProvider(() => openedOver(createLocalProvider(root), false), createRedactor());
    return {
      provider,
      cleanUp: async () => {
        await close();
        await rm(root, { recursive: true, force: true });
      },
    };
  },
});
