import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emulatorKey } from '#shared/hosts/azure-attach.ts';
import type { HostSecret } from '../../services.ts';
import type { AzureSettings } from './service.ts';

/** An account of the emulator. */
export interface EmulatedAccount {
  readonly name: string;
  /** Base64. */
  readonly key: string;
  readonly endpoint: string;
}

export interface Azurite {
  readonly port: number;
  readonly pid: number;
  /** Another account each time, round and round: the emulator grows slow with what one account holds. */
  nextAccount(): EmulatedAccount;
  /** The account that every emulator has and every client knows. */
  readonly wellKnown: EmulatedAccount;
  /** Ends it and removes what it kept, unless that was in a folder of the caller's. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  readonly accounts?: number;
  /** Keep blobs on disk rather than in memory: for large ones. */
  readonly onDisk?: boolean;
  /** Keep everything in this folder, and let it be there afterwards. */
  readonly location?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** The account that every Azurite has, with its public key. */
export const wellKnown = {
  name: 'devstoreaccount1',
  key: emulatorKey,
};

/** Starts Azurite, Microsoft's emulator, on a free port of this machine, with random accounts. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { accounts: count = 8, onDisk = options.location !== undefined } = options;
  const location = options.location ?? (await mkdtemp(join(tmpdir(), 'stowage-azurite-')));
  const accounts = Array.from({ length: count }, () => ({
    name: `a${randomBytes(6).toString('hex')}`,
    key: randomBytes(32).toString('base64'),
  }));
  const child = spawn(
    process.execPath,
    [
      createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js'),
      ...[
        '--blobHost',
        '127.0.0.1',
        '--blobPort',
        String(options.port ?? 0),
        '--silent',
        '--disableTelemetry',
        '--skipApiVersionCheck',
      ],
      ...(onDisk ? ['--location', location] : ['--inMemoryPersistence', '--extentMemoryLimit', '2048']),
    ],
    {
      cwd: location,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, AZURITE_ACCOUNTS: [wellKnown, ...accounts].map(({ name, key }) => `${name}:${key}`).join(';') },
    },
  );
  // A test that ends in the middle leaves no server behind.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const port = await listeningPort(child);
  let next = 0;
  return {
    wellKnown: { ...wellKnown, endpoint: `http://127.0.0.1:${port}/${wellKnown.name}` },
    port,
    pid: child.pid ?? 0,
    nextAccount: () => {
      const account = accounts[next++ % accounts.length];
      if (!account) throw new Error('the emulator was started without an account');
      return { ...account, endpoint: `http://127.0.0.1:${port}/${account.name}` };
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        // Gently only where what it holds is to be written down.
        child.kill(options.location === undefined ? 'SIGKILL' : 'SIGTERM');
        await ended;
      }
      if (options.location === undefined) await rm(location, { recursive: true, force: true });
    },
  };
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port) resolve(Number(port));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${said}`)));
  });
}

/** What a host on this account is made with. */
export function hostOn(
  account: EmulatedAccount,
  place: { container?: string; prefix?: string } = {},
): { settings: AzureSettings; secret: HostSecret } {
  return {
    settings: {
      kind: 'azure-blob',
      endpoint: account.endpoint,
      account: account.name,
      container: place.container ?? null,
      prefix: place.prefix ?? '',
      auth: 'key',
      expiresAt: null,
    },
    secret: { key: account.key },
  };
}
