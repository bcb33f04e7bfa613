import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '#shared/contract/app.ts';
import type { HostAttach, HostCheck } from '#shared/contract/hosts.ts';
import { createChanges } from '../events.ts';
import { createRedactor } from '../secrets/redactor.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createHosts, type Hosts } from './hosts.ts';

/** The storage hosts of a data directory of their own. */
export interface HostBench {
  readonly hosts: Hosts;
  readonly database: Database;
  readonly base: string;
  readonly home: string;
  readonly seen: Change[];
  /** The checks of a test, by what they are about. */
  test(input: Parameters<Hosts['service']['test']>[0]): Promise<Record<string, HostCheck>>;
  tryAttach(attach: HostAttach, readOnly?: boolean): Promise<Record<string, HostCheck>>;
  /** Ends these hosts and opens them again, as another process would. */
  restart(): Promise<HostBench>;
  close(): Promise<void>;
}

export function openBench(base = mkdtempSync(join(tmpdir(), 'stowage-hosts-'))): HostBench {
  const home = join(base, 'home');
  mkdirSync(home, { recursive: true });
  const { database } = openDatabase(home);
  const changes = createChanges();
  const seen: Change[] = [];
  changes.on((change) => void seen.push(change));
  const redactor = createRedactor();
  const secrets = createSecrets({ home, keyFile: join(base, 'secrets.key'), redactor });
  const hosts = createHosts({ database, changes, secrets, redactor, localRoot: join(base, 'vfolders') });
  const test: HostBench['test'] = async (input) => {
    const { checks, usable } = await hosts.service.test(input, {});
    if (usable !== checks.every(({ state }) => state !== 'error')) throw new Error('what is usable contradicts the checks');
    return Object.fromEntries(checks.map((check) => [check.id, check]));
  };
  const end = async (): Promise<void> => {
    await hosts.close();
    database.close();
  };
  return {
    hosts,
    database,
    base,
    home,
    seen,
    test,
    tryAttach: (attach, readOnly = false) => test({ attach, readOnly }),
    restart: async () => {
      await end();
      return openBench(base);
    },
    close: async () => {
      await end();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** An attachment by key, to an account at a port of this machine. */
export const azureAt = (port: number, more: { container?: string; key?: string } = {}): HostAttach => ({
  form: 'azure-key',
  account: 'lab',
  key: Buffer.alloc(64, 5).toString('base64'),
  endpoint: `http://127.0.0.1:${port}/lab`,
  ...more,
});
