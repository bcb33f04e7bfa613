import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at, bytes, listed, namesIn, put, textOf } from '../contract/world.ts';
import { type Azurite, hostOn, startAzurite } from './azurite.fixture.ts';
import { type AzureBlobProvider, createAzureBlobProvider } from './provider.ts';

// A real server beside everything else that this machine may be doing.

/** What both must see alike: Stowage's names and times are rclone's, and the other way round. */
describe('beside rclone', () => {
  let azurite: Azurite;
  let provider: AzureBlobProvider;
  let directory: string;
  let round = 0;
  beforeAll(async () => {
    azurite = await startAzurite({ accounts: 0 });
  });
  afterAll(() => azurite.stop());
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stowage-rclone-'));
    const { settings, secret } = hostOn(azurite.wellKnown);
    const account = createAzureBlobProvider(settings, secret);
    await account.makeDirectory(at(`round-${++round}`));
    await account.close();
    provider = createAzureBlobProvider({ ...settings, container: `round-${round}` }, secret);
  });
  afterEach(async () => {
    await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const rclone = async (...args: string[]): Promise<string> => {
    const env = {
      ...process.env,
      RCLONE_CONFIG: '/dev/null',
      RCLONE_CONFIG_AZ_TYPE: 'azureblob',
      RCLONE_CONFIG_AZ_USE_EMULATOR: 'true',
      RCLONE_CONFIG_AZ_ENDPOINT: azurite.wellKnown.endpoint,
    };
    return (await promisify(execFile)('rclone', args, { env })).stdout;
  };
  const remote = (path = ''): string => `az:round-${round}/${path}`;

  // Not `\u201b` alone: rclone itself cannot open such a file of this machine.
  const names = [
    'plain',
    'back\\slash',
    'trailing.dot.',
    'tab\tnew\nline\u007f',
    'hash#question?percent%20&plus+',
    'look-alikes \u2409 \u2421 \uff3c \uff0e',
    'ends with \uff0e',
    '日本語 ',
  ];

  it('names written here come out of rclone as they were', async () => {
    for (const name of names) await put(provider, `in/${name}`, name);
    await rclone('copy', remote('in'), directory);
    expect(readdirSync(directory).sort()).toEqual([...names].sort());
    for (const name of names) expect(readFileSync(join(directory, name), 'utf8')).toBe(name);
  });

  it('names and times written by rclone are the same here', async () => {
    for (const name of names) {
      writeFileSync(join(directory, name), name);
      utimesSync(join(directory, name), 1_600_000_000, 1_600_000_000.25);
    }
    await rclone('copy', directory, remote('out'));
    expect(await namesIn(provider, 'out')).toEqual(names.map((name) => `out/${name}`).sort((a, b) => (a < b ? -1 : 1)));
    for (const entry of await listed(provider, 'out')) {
      expect(entry.modifiedNs).toBe(1_600_000_000_250_000_000n);
      expect(`out/${await textOf(provider, entry.path)}`).toBe(entry.path);
    }
  });

  it('times and sums written here satisfy rclone, of files in parts too', async () => {
    const modifiedNs = 1_650_000_000_123_456_789n;
    const large = Buffer.alloc(20 * 1024 * 1024, 'large');
    await provider.write(at('in/small'), bytes('small'), { modified: 1_650_000_000_123, modifiedNs });
    await provider.write(at('in/large'), bytes(large), { modified: 1_650_000_000_123, modifiedNs });
    writeFileSync(join(directory, 'small'), 'small');
    writeFileSync(join(directory, 'large'), large);
    const told: { ModTime: string; Hashes?: { md5?: string } }[] = JSON.parse(await rclone('lsjson', '--hash', remote('in')));
    expect(told.map(({ ModTime }) => ModTime)).toEqual(['2022-04-15T05:20:00.123456789Z', '2022-04-15T05:20:00.123456789Z']);
    expect(told.every(({ Hashes }) => Hashes?.md5)).toBe(true);
    // Fails when a size or a sum differs, or when anything could not be compared.
    await rclone('check', '--one-way', directory, remote('in'));
  });

  it('an empty folder made here is a folder to rclone, and no file', async () => {
    await provider.makeDirectory(at('top/empty'));
    expect(await rclone('lsf', remote())).toBe('top/\n');
    expect(await rclone('lsf', remote('top'))).toBe('empty/\n');
    expect(await rclone('lsf', remote('top/empty'))).toBe('');
  });
});
