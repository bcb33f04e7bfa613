import { storageContract } from './contract.suite.ts';
import { createObjectStore } from './object-store.fixture.ts';

storageContract('the object store of the tests', {
  rename: false,
  resumableWrite: false,
  open: async () => ({ provider: createObjectStore(), cleanUp: async () => undefined }),
});
