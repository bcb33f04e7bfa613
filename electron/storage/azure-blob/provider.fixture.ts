import { randomBytes } from 'node:crypto';
import { at } from '../contract/world.ts';
import { type Azurite, type EmulatedAccount, hostOn } from './azurite.fixture.ts';
import { type AzureBlobOptions, type AzureBlobProvider, createAzureBlobProvider } from './provider.ts';
import { type BlobService, createBlobService } from './service.ts';

/** A container of its own on the emulator, its root as a host, and the service beneath for what others would do. */
export interface Ground {
  readonly account: EmulatedAccount;
  readonly container: string;
  readonly provider: AzureBlobProvider;
  readonly service: BlobService;
  /** Another host on the same container, over another port or with other options. */
  again(options?: AzureBlobOptions & { port?: number; prefix?: string }): AzureBlobProvider;
  /** Writes a blob as another program would, whatever its name. */
  putRaw(name: string, content?: string, headers?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

export async function freshGround(azurite: Azurite): Promise<Ground> {
  const account = azurite.nextAccount();
  const container = `c${randomBytes(8).toString('hex')}`;
  const opened: AzureBlobProvider[] = [];
  const open = (place: Parameters<typeof hostOn>[1], options?: AzureBlobOptions, on = account): AzureBlobProvider => {
    const { settings, secret } = hostOn(on, place);
    const provider = createAzureBlobProvider(settings, secret, options);
    opened.push(provider);
    return provider;
  };
  await open({}).makeDirectory(at(container));
  const { settings, secret } = hostOn(account, { container });
  const service = createBlobService(settings, secret);
  return {
    account,
    container,
    service,
    provider: open({ container }),
    again: ({ port, prefix, ...options } = {}) => {
      const endpoint = port === undefined ? account.endpoint : `http://127.0.0.1:${port}/${account.name}`;
      return open({ container, ...(prefix !== undefined && { prefix }) }, options, { ...account, endpoint });
    },
    putRaw: async (blob, content = 'raw', headers = {}) => {
      const answer = await service.call({
        method: 'PUT',
        container,
        blob,
        subject: blob,
        headers: { 'x-ms-blob-type': 'BlockBlob', ...headers },
        body: Buffer.from(content),
      });
      answer.http.discard();
    },
    close: async () => {
      service.close();
      await Promise.all(opened.map((provider) => provider.close()));
    },
  };
}
