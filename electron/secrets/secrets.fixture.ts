import type { Redactor, Secrets } from '../services.ts';
import { createRedactor } from './redactor.ts';
import { createSecrets } from './secrets.ts';

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
