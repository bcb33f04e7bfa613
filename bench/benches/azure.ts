import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AzuriteOptions, hostOn, startAzurite } from '../../electron/storage/azure-blob/azurite.fixture.ts';
import { layManyBlobs } from '../../electron/storage/azure-blob/many-blobs.fixture.ts';
import { createAzureBlobProvider } from '../../electron/storage/azure-blob/provider.ts';
import { parseInnerPath } from '../../shared/paths.ts';
import { type RemoteKind, type RemotePlace, remoteBenches } from '../remote-benches.ts';

const container = 'bench';

/** An emulator of its own each time, for one grows slower with what it holds. rclone knows its key by itself. */
async function start(options: AzuriteOptions): Promise<RemotePlace> {
  const azurite = await startAzurite({ accounts: 0, ...options });
  const { settings, secret } = hostOn(azurite.wellKnown);
  const provider = createAzureBlobProvider(settings, secret);
  await provider.makeDirectory(parseInnerPath(container));
  await provider.close();
  const { endpoint } = azurite.wellKnown;
  return {
    attach: { form: 'azure-emulator', endpoint },
    container,
    rclone: {
      RCLONE_CONFIG_R_TYPE: 'azureblob',
      RCLONE_CONFIG_R_USE_EMULATOR: 'true',
      RCLONE_CONFIG_R_ENDPOINT: endpoint,
    },
    close: azurite.stop,
  };
}

async function openListed(count: number): Promise<RemotePlace> {
  const location = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  await layManyBlobs(location, container, 'many', count);
  const place = await start({ location });
  return {
    ...place,
    close: async () => {
      await place.close();
      rmSync(location, { recursive: true, force: true });
    },
  };
}

export const azure: RemoteKind = { name: 'azure', server: 'Azurite', open: () => start({ onDisk: true }), openListed };

export const azureBenches = remoteBenches(azure);
