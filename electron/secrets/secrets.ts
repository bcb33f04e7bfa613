import { isAbsolute, join, relative } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { type HostSecret, secretTexts } from '#shared/hosts/host-secret.ts';
import { visible } from '#shared/paths.ts';
import type { Redactor, Secrets } from '../services.ts';
import type { Sealed } from './sealing.ts';
import { createSecretFile } from './secret-file.ts';
import { explainUnopened, openSealed, sealerFor, type VaultOptions } from './vault.ts';

export interface SecretsOptions extends VaultOptions {
  /** The data directory; the sealed secrets are in it, the key is not. */
  readonly home: string;
  readonly redactor: Redactor;
}

/** A secret that could not be opened is asked for again after this long: its key may be back. */
const retryMs = 10_000;

export function createSecrets(options: SecretsOptions): Secrets {
  const { home, redactor } = options;
  const file = createSecretFile(join(home, 'secrets.json'));
  const session = new Map<string, HostSecret>();
  const opened = new Map<string, HostSecret>();
  const refused = new Map<string, { error: unknown; at: number }>();
  const forget = (hostId: string): void => {
    for (const known of [session, opened, refused]) known.delete(hostId);
  };
  const openSaved = (hostId: string, sealed: Sealed): HostSecret => {
    const known = opened.get(hostId);
    if (known) return known;
    const before = refused.get(hostId);
    if (before && Date.now() - before.at < retryMs) throw before.error;
    try {
      const secret = JSON.parse(openSealed(options, sealed, contextOf(hostId))) as HostSecret;
      redactor.protect(secretTexts(secret));
      opened.set(hostId, secret);
      return secret;
    } catch (error) {
      refused.set(hostId, { error, at: Date.now() });
      throw error;
    }
  };
  return {
    place: (hostId) => {
      if (session.has(hostId)) return 'session';
      const sealed = file.get(hostId);
      if (!sealed) return 'missing';
      try {
        openSaved(hostId, sealed);
      } catch {
        return 'missing';
      }
      return sealed.by === 'keychain' ? 'keychain' : 'file';
    },
    read: ({ id, name }) => {
      const kept = session.get(id);
      if (kept) return kept;
      const sealed = file.get(id);
      if (!sealed) {
        throw missing(name, 'was kept for a former session only, or was never saved', 'Give it again.');
      }
      try {
        return openSaved(id, sealed);
      } catch (error) {
        const [why, hint] = explainUnopened(sealed, options, error);
        throw missing(name, why, hint);
      }
    },
    save: async (hostId, secret, keep) => {
      redactor.protect(secretTexts(secret));
      const place = sealerFor(options);
      const saved = keep === undefined ? place.byDefault : keep === 'saved';
      file.set(hostId, saved ? await place.sealer.seal(JSON.stringify(secret), contextOf(hostId)) : null);
      forget(hostId);
      (saved ? opened : session).set(hostId, secret);
    },
    remove: (hostId) => {
      file.set(hostId, null);
      forget(hostId);
    },
    describe: () => describe(options),
  };
}

const contextOf = (hostId: string): string => `stowage host ${hostId}`;

const missing = (name: string, why: string, hint: string): StowageError =>
  new StowageError('credentials-missing', `The secret of the storage host “${visible(name)}” ${why}.`, { subject: name, hint });

function describe({ home, keychain, passphrase, keyFile }: SecretsOptions): ReturnType<Secrets['describe']> {
  const inFile =
    passphrase === undefined
      ? `encrypted in “${join(home, 'secrets.json')}” with the key in “${keyFile}”, both for you alone`
      : `encrypted in “${join(home, 'secrets.json')}” with the passphrase of STOWAGE_PASSPHRASE`;
  if (keychain && keychain.weakness === null)
    return { place: 'keychain', message: `Secrets are encrypted with a key in ${keychain.name}.`, warning: null };
  if (keychain) {
    return {
      place: 'session',
      message: `Secrets are kept until Stowage ends. Those that you choose to save are ${inFile}.`,
      warning: keychain.weakness,
    };
  }
  const inside = passphrase === undefined && !leavesFolder(home, keyFile);
  return {
    place: 'file',
    message: `Secrets are ${inFile}.`,
    warning: inside
      ? 'The key file is inside the data directory: whoever copies the directory can read the secrets. Name another place in STOWAGE_KEY_FILE.'
      : null,
  };
}

function leavesFolder(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way.startsWith('..') || isAbsolute(way);
}
