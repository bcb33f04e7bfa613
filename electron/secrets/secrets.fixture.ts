import { join } from 'node:path';
import { createDotfiles, type Dotfiles } from '../dotfiles/dotfiles.ts';
import type { Changes } from '../events.ts';
import type { JobSecrets, Redactor, Secrets } from '../services.ts';
import type { Database } from '../store/database.ts';
import { createJobSecrets } from './job-secrets.ts';
import { createRedactor } from './redactor.ts';
import { createSecrets } from './secrets.ts';
import { createVault } from './vault.ts';

/** For tests that have no word about secrets: kept in memory, nothing is written. */
export function secretsInMemory(): { secrets: Secrets; redactor: Redactor } {
  const redactor = createRedactor();
  const keychain = {
    name: 'no keychain',
    weakness: 'Secrets of this test are kept in memory.',
    key: null,
    makeKey: () => Promise.reject(new Error('this test seals nothing')),
  };
  return { redactor, secrets: createSecrets({ home: '/nowhere', keyFile: '/nowhere/secrets.key', keychain, redactor }) };
}

/** What jobs get besides their plans, sealed with a key in the data directory. */
export function privateParts(
  home: string,
  { database, changes }: { database: Database; changes: Changes },
): { secrets: JobSecrets; dotfiles: Dotfiles; redactor: Redactor } {
  const redactor = createRedactor();
  const vault = createVault({ keyFile: join(home, 'key', 'secrets.key') });
  return {
    redactor,
    secrets: createJobSecrets({ database, vault, redactor }),
    dotfiles: createDotfiles({ database, changes, vault }),
  };
}
