import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { at, below } from '../contract/world.ts';
import { storageContract } from '../contract.suite.ts';
import { type Azurite, hostOn, startAzurite } from './azurite.fixture.ts';
import { createAzureBlobProvider } from './provider.ts';

// A real server beside everything else that this machine may be doing.

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const capabilities = { rename: false, resumableWrite: true, copy: true, editProperties: true };
const cleanUp = async (): Promise<void> => undefined;

/** The account as a host, and a container in it that is new for every test. */
async function freshContainer() {
  const account = azurite.nextAccount();
  const container = `c${randomBytes(8).toString('hex')}`;
  const { settings, secret } = hostOn(account);
  const provider = createAzureBlobProvider(settings, secret);
  await provider.makeDirectory(at(container));
  return { account, container, provider };
}

storageContract('azure at an account', {
  ...capabilities,
  shareUrl: true,
  open: async () => {
    const { container, provider } = await freshContainer();
    return { provider: below(provider, at(container)), cleanUp };
  },
});

storageContract('azure at a container', {
  ...capabilities,
  open: async () => {
    const { account, container, provider } = await freshContainer();
    await provider.close();
    const { settings, secret } = hostOn(account, { container });
    return { provider: createAzureBlobProvider(settings, secret), cleanUp };
  },
});

storageContract('azure at a prefix', {
  ...capabilities,
  shareUrl: true,
  open: async () => {
    const { account, container, provider } = await freshContainer();
    await provider.close();
    const { settings, secret } = hostOn(account, { container, prefix: 'data sets/#1' });
    return { provider: createAzureBlobProvider(settings, secret), cleanUp };
  },
});
