import { randomBytes } from 'node:crypto';
import type { HostSecret } from '../services.ts';
import { type Azurite, hostOn } from '../storage/azure-blob/azurite.fixture.ts';
import { createAzureBlobProvider } from '../storage/azure-blob/provider.ts';
import type { AzureSettings } from '../storage/azure-blob/service.ts';
import { at } from '../storage/contract/world.ts';
import { type FaultProxy, startFaultProxy } from '../storage/fault-proxy.fixture.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createS3Provider } from '../storage/s3/provider.ts';
import type { S3Settings } from '../storage/s3/service.ts';

/** What a provider is made with, in another process too. */
export interface Made {
  readonly settings: AzureSettings | S3Settings;
  readonly secret: HostSecret;
}

/** A container or bucket of a real server, with a proxy before it that does harm when told. */
export interface RemoteHost {
  readonly proxy: FaultProxy;
  /** Through the proxy. */
  readonly provider: StorageProvider;
  readonly made: Made;
  /** Past the proxy. */
  readonly direct: StorageProvider;
  /** The endpoint's port behind the proxy. */
  close(): Promise<void>;
}

/** Without a byte for this long a request has stalled; short, where a test waits for it. */
export function makeProvider({ settings, secret }: Made, idleMs = 30_000): StorageProvider {
  const http = { idleMs };
  if (settings.kind === 'azure-blob') return createAzureBlobProvider(settings, secret, { http });
  if (!('secretAccessKey' in secret)) throw new Error('not the secret of an S3 host');
  return createS3Provider(settings, secret, { http });
}

/** `direct` is what the server is reached by; the proxy stands before the same. */
async function behindProxy(made: Made, cleanUp: () => Promise<void>): Promise<RemoteHost> {
  const endpoint = new URL(made.settings.endpoint ?? '');
  const proxy = await startFaultProxy(Number(endpoint.port));
  endpoint.port = String(proxy.port);
  const through = { ...made, settings: { ...made.settings, endpoint: endpoint.href.replace(/\/$/, '') } } as Made;
  const provider = makeProvider(through);
  const direct = makeProvider(made);
  return {
    proxy,
    provider,
    made: through,
    direct,
    close: async () => {
      await provider.close();
      await direct.close();
      await proxy.close();
      await cleanUp();
    },
  };
}

export async function azureHost(azurite: Azurite): Promise<RemoteHost> {
  const account = azurite.nextAccount();
  const container = `c${randomBytes(8).toString('hex')}`;
  const whole = hostOn(account);
  const maker = createAzureBlobProvider(whole.settings, whole.secret);
  await maker.makeDirectory(at(container));
  await maker.close();
  return behindProxy(hostOn(account, { container }), async () => undefined);
}

export const s3Host = (bucket: Made & { cleanUp(): Promise<void> }): Promise<RemoteHost> =>
  behindProxy({ settings: bucket.settings, secret: bucket.secret }, bucket.cleanUp);
