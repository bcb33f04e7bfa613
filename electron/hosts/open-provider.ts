import type { HostSettings } from '#shared/contract/hosts.ts';
import { assertNever, StowageError } from '#shared/errors.ts';
import type { HostSecret } from '../services.ts';
import { createAzureBlobProvider } from '../storage/azure-blob/provider.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createS3Provider } from '../storage/s3/provider.ts';

/** Whether a host of these settings is let in by a secret. */
export const needsSecret = ({ kind }: HostSettings): boolean => kind === 'azure-blob' || kind === 's3';

/** A provider over settings; `secret` is null for those kinds that need none. */
export function openProvider(settings: HostSettings, secret: HostSecret | null, readOnly: boolean): StorageProvider {
  switch (settings.kind) {
    case 'local':
      return createLocalProvider(settings.root, { readOnly });
    case 'memory':
      return createMemoryProvider();
    case 'azure-blob':
      return createAzureBlobProvider(settings, present(secret), { readOnly });
    case 's3':
      return createS3Provider(settings, present(secret), { readOnly });
    default:
      return assertNever(settings);
  }
}

/** A secret that opens nothing, for a provider that is only asked what it can do. */
export function placeholderSecret(settings: HostSettings): HostSecret | null {
  if (settings.kind === 's3') return { secretAccessKey: 'none' };
  if (settings.kind !== 'azure-blob') return null;
  return settings.auth === 'key' ? { key: 'bm9uZQ==' } : { sas: 'sv=none&sig=none' };
}

function present(secret: HostSecret | null): HostSecret {
  if (secret) return secret;
  throw new StowageError('credentials-missing', 'The secret of this storage host is missing.', { hint: 'Give it again.' });
}
