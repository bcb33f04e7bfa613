import { isAbsolute, join, relative } from 'node:path';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { type HostSecret, secretTexts } from '#shared/hosts/host-secret.ts';
import { visible } from '#shared/paths.ts';
import type { Keychain, Redactor, Secrets } from '../services.ts';
import {
  keychainSealer,
  keyFileSealer,
  openWithKeychain,
  openWithKeyFile,
  openWithPassphrase,
  passphraseSealer,
  type Sealed,
  type Sealer,
} from './sealing.ts';
import { createSecretFile } from './secret-file.ts';

export interface SecretsOptions {
  /** The data directory; the sealed secrets are in it, the key is not. */
  readonly home: string;
  readonly keyFile: string;
  /** Seals instead of the key file. */
  readonly passphrase?: string | undefined;
  /** Of a shell that has one. */
  readonly keychain?: Keychain | undefined;
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
      const secret = JSON.parse(open(options, sealed, hostId)) as HostSecret;
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
        const [why, hint] = explain(sealed, options, error);
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

function open(options: SecretsOptions, sealed: Sealed, hostId: string): string {
  const context = contextOf(hostId);
  switch (sealed.by) {
    case 'keychain':
      if (!options.keychain) throw new Error('there is no keychain in this shell');
      return openWithKeychain(options.keychain, sealed, context);
    case 'key-file':
      return openWithKeyFile(options.keyFile, sealed, context);
    case 'passphrase':
      if (options.passphrase === undefined) throw new Error('there is no passphrase in this shell');
      return openWithPassphrase(options.passphrase, sealed, context);
  }
}

/** What seals in this shell, and whether it is used without being asked for. */
function sealerFor({ keychain, passphrase, keyFile }: SecretsOptions): { sealer: Sealer; byDefault: boolean } {
  if (keychain && keychain.weakness === null) return { sealer: keychainSealer(keychain), byDefault: true };
  const sealer = passphrase === undefined ? keyFileSealer(keyFile) : passphraseSealer(passphrase);
  // Who uses the app on a desktop expects the keychain: without a sound one, nothing is written unless they say so.
  return { sealer, byDefault: keychain === undefined };
}

const missing = (name: string, why: string, hint: string): StowageError =>
  new StowageError('credentials-missing', `The secret of the storage host “${visible(name)}” ${why}.`, { subject: name, hint });

/** Why a saved secret cannot be opened here, as the end of a sentence, and what to do. */
function explain(sealed: Sealed, options: SecretsOptions, error: unknown): [why: string, hint: string] {
  switch (sealed.by) {
    case 'keychain':
      return options.keychain
        ? [
            `cannot be read from ${options.keychain.name}`,
            'Unlock the keychain and start Stowage again, or give the secret again.',
          ]
        : [
            'was saved by the desktop app in the system’s keychain, which only the app can read',
            'Start the app, which this program then works through, or give the secret again.',
          ];
    case 'key-file': {
      const reason = isStowageError(error) ? error.message.replace(/\.$/, '') : 'It does not fit its key';
      return [`cannot be read. ${reason}`, `Bring “${options.keyFile}” back from a copy, or give the secret again.`];
    }
    case 'passphrase':
      return options.passphrase === undefined
        ? ['was saved with a passphrase', 'Start Stowage with STOWAGE_PASSPHRASE set to it, or give the secret again.']
        : ['was saved with another passphrase', 'Start Stowage with the right STOWAGE_PASSPHRASE, or give the secret again.'];
  }
}

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
