import { storageContract } from '../contract.suite.ts';
import { createMemoryProvider } from './provider.ts';

storageContract('memory', {
  rename: true,
  resumableWrite: true,
  copy: true,
  editProperties: true,
  open: async () => ({ provider: createMemoryProvider(), cleanUp: async () => undefined }),
});
