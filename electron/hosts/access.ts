import type { Host } from '#shared/contract/hosts.ts';
import { toStowageError } from '#shared/errors.ts';
import { wellKnownSecret } from '#shared/hosts/attach.ts';
import type { HostSecret, Redactor, RemoteAccess, Secrets } from '../services.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { CheckSubject } from './checks.ts';
import { createHostProvider, type HostProvider, type Opened } from './host-provider.ts';
import { needsSecret, openProvider, placeholderSecret } from './open-provider.ts';
import type { HostRow, HostRows } from './rows.ts';

/** Opens hosts with their secrets. */
export interface Access extends Pick<RemoteAccess, 'credentials'> {
  provider(hostId: string): StorageProvider;
  subject(row: HostRow): CheckSubject;
  secretPlace(row: HostRow): Host['secret'];
  reopen(hostId: string): void;
  drop(hostId: string): void;
  close(): Promise<void>;
}

export function createAccess(rows: HostRows, secrets: Secrets, redactor: Redactor): Access {
  const providers = new Map<string, HostProvider>();
  const dropped: HostProvider[] = [];
  const secretOf = (row: HostRow): HostSecret | null => {
    if (!needsSecret(row.settings)) return null;
    return (row.wellKnown ? wellKnownSecret(row.settings) : null) ?? secrets.read(row);
  };
  const open = (hostId: string): Opened => {
    const row = rows.find(hostId);
    const { name, readOnly, settings } = row;
    const hasSecret = needsSecret(settings);
    try {
      return { provider: openProvider(settings, secretOf(row), readOnly), refusal: null, name, readOnly, hasSecret };
    } catch (error) {
      const refusal = toStowageError(error);
      if (refusal.code !== 'credentials-missing') throw error;
      return { provider: openProvider(settings, placeholderSecret(settings), readOnly), refusal, name, readOnly, hasSecret };
    }
  };
  const hostProvider = (hostId: string): HostProvider => {
    let found = providers.get(hostId);
    if (!found) {
      rows.find(hostId);
      found = createHostProvider(() => open(hostId), redactor);
      providers.set(hostId, found);
    }
    return found;
  };
  return {
    provider: (hostId) => hostProvider(hostId).provider,
    subject: (row) => {
      const { settings, readOnly } = row;
      const secret = secretPlaceOf(row) === 'missing' ? null : secretOf(row);
      return { settings, readOnly, secret, provider: hostProvider(row.id).provider };
    },
    credentials: (hostId) => secretOf(rows.find(hostId)),
    secretPlace: secretPlaceOf,
    reopen: (hostId) => providers.get(hostId)?.reopen(),
    drop: (hostId) => {
      const found = providers.get(hostId);
      if (found) dropped.push(found);
      providers.delete(hostId);
    },
    close: async () => {
      await Promise.all([...providers.values(), ...dropped].map((provider) => provider.close()));
      providers.clear();
    },
  };
  function secretPlaceOf(row: HostRow): Host['secret'] {
    return row.wellKnown || !needsSecret(row.settings) ? 'none' : secrets.place(row.id);
  }
}
