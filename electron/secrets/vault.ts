import { isStowageError, StowageError } from '#shared/errors.ts';
import type { Keychain, Vault } from '../services.ts';
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

export interface VaultOptions {
  readonly keyFile: string;
  /** Seals instead of the key file. */
  readonly passphrase?: string | undefined;
  /** Of a shell that has one. */
  readonly keychain?: Keychain | undefined;
}

/** Seals with what this shell has; see `Vault`. */
export function createVault(options: VaultOptions): Vault {
  return {
    lasts: sealerFor(options).byDefault,
    seal: async (text, context) => JSON.stringify(await sealerFor(options).sealer.seal(text, context)),
    open: (text, context, what) => {
      // Written by `seal`, and checked by the seal itself.
      const sealed = JSON.parse(text) as Sealed;
      try {
        return openSealed(options, sealed, context);
      } catch (error) {
        const [why, hint] = explainUnopened(sealed, options, error);
        throw new StowageError('credentials-missing', `${what} ${why}.`, { hint });
      }
    },
  };
}

/** What was sealed. @throws when this shell has not the key that sealed it */
export function openSealed(options: VaultOptions, sealed: Sealed, context: string): string {
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
export function sealerFor({ keychain, passphrase, keyFile }: VaultOptions): { sealer: Sealer; byDefault: boolean } {
  if (keychain && keychain.weakness === null) return { sealer: keychainSealer(keychain), byDefault: true };
  const sealer = passphrase === undefined ? keyFileSealer(keyFile) : passphraseSealer(passphrase);
  // Who uses the app on a desktop expects the keychain: without a sound one, nothing is written unless they say so.
  return { sealer, byDefault: keychain === undefined };
}

/** Why a saved secret cannot be opened here, as the end of a sentence, and what to do. */
export function explainUnopened(sealed: Sealed, options: VaultOptions, error: unknown): [why: string, hint: string] {
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
