import { describe, expect, it } from 'vitest';
import type { HostSettings } from '#shared/contract/hosts.ts';
import { emulatorKey } from '#shared/hosts/azure-attach.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { hiddenIn, rcloneRemote, refusalOf } from './rclone-remote.ts';

type Azure = Extract<HostSettings, { kind: 'azure-blob' }>;
const azure = (change: Partial<Azure>): Azure => ({
  kind: 'azure-blob',
  endpoint: 'https://lab.blob.core.windows.net',
  account: 'lab',
  container: null,
  prefix: '',
  auth: 'key',
  expiresAt: null,
  ...change,
});
const key = { key: emulatorKey };
const at = (path: string, readOnly = true) => ({ path: parseInnerPath(path), readOnly });
const sasUrlOf = (env: Readonly<Record<string, string>>): URL => new URL(env.RCLONE_CONFIG_STOWAGE_SAS_URL ?? '');

describe('a folder of a host as rclone is told of it', () => {
  it('names container, folder of the host and path, and no secret', () => {
    const settings = azure({ container: 'c', prefix: 'deep/er' });
    const { remote, env } = rcloneRemote(settings, key, at('a b/ü'));
    expect(remote).toBe('STOWAGE:c/deep/er/a b/ü');
    expect(env).toEqual({
      RCLONE_CONFIG_STOWAGE_TYPE: 'azureblob',
      RCLONE_CONFIG_STOWAGE_ACCOUNT: 'lab',
      RCLONE_CONFIG_STOWAGE_KEY: emulatorKey,
    });
    expect(rcloneRemote(azure({}), key, at('')).remote).toBe('STOWAGE:');
  });

  it('gets a signature for the container, for what is needed only, where an account has another address', () => {
    const settings = azure({ endpoint: 'http://127.0.0.1:10000/lab' });
    const reading = sasUrlOf(rcloneRemote(settings, key, at('data/in')).env);
    expect(reading.href).toMatch(/^http:\/\/127\.0\.0\.1:10000\/lab\/data\?/);
    expect(reading.searchParams.get('sr')).toBe('c');
    expect(reading.searchParams.get('sp')).toBe('rl');
    const writing = sasUrlOf(rcloneRemote(settings, key, at('data/in', false)).env);
    expect(writing.searchParams.get('sp')).toBe('racwdl');
    expect(sasUrlOf(rcloneRemote(settings, key, at('')).env).searchParams.get('ss')).toBe('b');
  });

  it('hands a SAS on, to the container when it is for one only', () => {
    const sas = (text: string, container: string | null): string =>
      sasUrlOf(rcloneRemote(azure({ auth: 'sas', container }), { sas: text }, at('x')).env).href;
    expect(sas('sv=1&ss=b&srt=co&sp=rl&sig=abc', 'c')).toBe('https://lab.blob.core.windows.net/?sv=1&ss=b&srt=co&sp=rl&sig=abc');
    expect(sas('?sv=1&sr=c&sp=rl&sig=a%2Fc', 'c')).toBe('https://lab.blob.core.windows.net/c?sv=1&sr=c&sp=rl&sig=a%2Fc');
  });

  it('is not offered where rclone would take the account for a container', () => {
    expect(refusalOf(azure({ endpoint: 'http://azurite.internal:10000/lab' }))).toContain('by number');
    expect(refusalOf(azure({ endpoint: 'http://localhost:10000/lab' }))).toBeNull();
    const { env } = rcloneRemote(azure({ endpoint: 'http://localhost:10000/lab' }), key, at('x'));
    expect(sasUrlOf(env).hostname).toBe('127.0.0.1');
    expect(refusalOf({ kind: 'memory' })).not.toBeNull();
    expect(() => rcloneRemote({ kind: 'memory' }, null, at('x'))).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('hides what Stowage keeps for itself, and nothing of the user', () => {
    const hidden = (container: string | null, path: string): string[] => hiddenIn(azure({ container }), parseInnerPath(path));
    expect([hidden('c', ''), hidden('c', 'a'), hidden(null, ''), hidden(null, 'c'), hidden(null, 'c/a')]).toEqual([
      ['/.stowage/**'],
      [],
      ['/*/.stowage/**'],
      ['/.stowage/**'],
      [],
    ]);
  });

  it('says everything of an S3 service, temporary keys too', () => {
    const settings = { kind: 's3', endpoint: null, region: 'eu-west-1', pathStyle: false, bucket: 'b', prefix: 'p' } as const;
    const secret = { secretAccessKey: 'secret', sessionToken: 'token' };
    const { remote, env } = rcloneRemote({ ...settings, accessKeyId: 'AK' }, secret, at('x'));
    expect(remote).toBe('STOWAGE:b/p/x');
    expect(env).toMatchObject({
      RCLONE_CONFIG_STOWAGE_PROVIDER: 'AWS',
      RCLONE_CONFIG_STOWAGE_REGION: 'eu-west-1',
      RCLONE_CONFIG_STOWAGE_SESSION_TOKEN: 'token',
      RCLONE_CONFIG_STOWAGE_FORCE_PATH_STYLE: 'false',
      RCLONE_CONFIG_STOWAGE_NO_CHECK_BUCKET: 'true',
    });
    expect(env).not.toHaveProperty('RCLONE_CONFIG_STOWAGE_ENDPOINT');
    const own = rcloneRemote({ ...settings, endpoint: 'http://h:1', accessKeyId: 'AK' }, secret, at('x')).env;
    expect(own).toMatchObject({ RCLONE_CONFIG_STOWAGE_PROVIDER: 'Other', RCLONE_CONFIG_STOWAGE_ENDPOINT: 'http://h:1' });
    expect(() => rcloneRemote({ ...settings, accessKeyId: 'AK' }, null, at('x'))).toThrow(
      expect.objectContaining({ code: 'credentials-missing' }),
    );
  });
});
