import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { HostSettings } from '#shared/contract/hosts.ts';
import { assertNever, StowageError } from '#shared/errors.ts';
import type { HostSecret } from '#shared/hosts/host-secret.ts';
import type { InnerPath } from '#shared/paths.ts';

type AzureSettings = Extract<HostSettings, { kind: 'azure-blob' }>;
type S3Settings = Extract<HostSettings, { kind: 's3' }>;

/** A folder of a storage host as rclone is told of it: its name as an argument, the way in by the environment only. */
export interface RcloneRemote {
  readonly remote: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Part of the names of variables, so capitals only. */
const remoteName = 'STOWAGE';
const day = 24 * 60 * 60 * 1000;
/** A signature made from an account's key, where rclone cannot take the key itself. Jobs end before it does. */
const signatureLifeMs = 30 * day;
/** Clocks differ. */
const leewayMs = 15 * 60 * 1000;

/** Why rclone cannot mount what is on such a host, as a sentence; null when it can. */
export function refusalOf(settings: HostSettings): string | null {
  switch (settings.kind) {
    case 'azure-blob':
      return azureRefusal(settings);
    case 's3':
      return null;
    case 'local':
      return 'It is on this machine, where nothing has to be mounted.';
    case 'memory':
      return 'What is in memory is seen by Stowage alone.';
    default:
      return assertNever(settings);
  }
}

/**
 * The rclone remote of a folder (or a file's folder) of a host. A SAS that is made here allows no more than is needed.
 * @throws `unsupported` as `refusalOf` says, `credentials-missing`
 */
export function rcloneRemote(
  settings: HostSettings,
  secret: HostSecret | null,
  place: { readonly path: InnerPath; readonly readOnly: boolean },
): RcloneRemote {
  const refusal = refusalOf(settings);
  if (refusal !== null) throw new StowageError('unsupported', `This folder cannot be mounted: ${refusal}`);
  switch (settings.kind) {
    case 'azure-blob':
      return azureRemote(settings, secret, place);
    case 's3':
      return s3Remote(settings, secret, place);
    case 'local':
    case 'memory':
      throw new StowageError('unsupported', 'This folder cannot be mounted.');
    default:
      return assertNever(settings);
  }
}

/** Patterns of Stowage's own folders in a folder of a host: at its top, or at that of each container. */
export function hiddenIn(settings: HostSettings, folder: InnerPath): string[] {
  const containers =
    (settings.kind === 'azure-blob' && settings.container === null) || (settings.kind === 's3' && settings.bucket === null);
  const depth = folder === '' ? 0 : folder.split('/').length;
  if (containers && depth === 0) return ['/*/.stowage/**'];
  return depth === (containers ? 1 : 0) ? ['/.stowage/**'] : [];
}

const variables = (settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_${remoteName}_${name.toUpperCase()}`, value]),
  );

/** The place at the service: container or bucket, the host's folder in it, and the path. */
const remoteOf = (container: string | null, prefix: string, path: InnerPath): string =>
  `${remoteName}:${[container ?? '', ...prefix.split('/'), path].filter((part) => part !== '').join('/')}`;

/** rclone takes the first part of a path for a container unless the address begins with a number. */
function azureRefusal({ endpoint }: AzureSettings): string | null {
  const { hostname, pathname } = new URL(endpoint);
  if (pathname.length <= 1 || isNumeric(hostname) || hostname === 'localhost') return null;
  return 'rclone cannot use an account that is named in the path of its address; give the address by number (http://10.0.0.5:10000/ACCOUNT).';
}

const isNumeric = (hostname: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(hostname);

function azureRemote(
  settings: AzureSettings,
  secret: HostSecret | null,
  { path, readOnly }: { readonly path: InnerPath; readonly readOnly: boolean },
): RcloneRemote {
  const remote = remoteOf(settings.container, settings.prefix, path);
  if (settings.auth === 'key') {
    if (!secret || !('key' in secret)) throw missing(`the key of the account “${settings.account}”`);
    // Of an account at Microsoft's usual address rclone needs no more; it has no way to be told of others.
    if (settings.endpoint === `https://${settings.account}.blob.core.windows.net`)
      return { remote, env: variables({ type: 'azureblob', account: settings.account, key: secret.key }) };
    const container = settings.container ?? (path === '' ? null : (path.split('/')[0] ?? null));
    const sas = signedFor(settings, secret.key, container, readOnly);
    return { remote, env: variables({ type: 'azureblob', sas_url: sasUrl(settings, container, sas) }) };
  }
  if (!secret || !('sas' in secret)) throw missing('the SAS');
  const container = isForContainer(secret.sas) ? settings.container : null;
  return {
    remote,
    env: variables({ type: 'azureblob', sas_url: sasUrl(settings, container, secret.sas.trim().replace(/^\?/, '')) }),
  };
}

const isForContainer = (sas: string): boolean => new URLSearchParams(sas.replace(/^\?/, '')).get('sr') === 'c';

function sasUrl({ endpoint }: AzureSettings, container: string | null, sas: string): string {
  const url = new URL(endpoint);
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  const base = url.href.replace(/\/+$/, '');
  return `${base}/${container === null ? '' : encodeURIComponent(container)}?${sas}`;
}

function signedFor({ endpoint, account }: AzureSettings, key: string, container: string | null, readOnly: boolean): string {
  const credential = new StorageSharedKeyCredential(account, key);
  const times = {
    startsOn: new Date(Date.now() - leewayMs),
    expiresOn: new Date(Date.now() + signatureLifeMs),
    ...(endpoint.startsWith('https:') && { protocol: SASProtocol.Https }),
  };
  const letters = readOnly ? 'rl' : 'racwdl';
  if (container !== null) {
    const permissions = ContainerSASPermissions.parse(letters);
    return generateBlobSASQueryParameters({ containerName: container, permissions, ...times }, credential).toString();
  }
  return generateAccountSASQueryParameters(
    {
      services: AccountSASServices.parse('b').toString(),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      permissions: AccountSASPermissions.parse(letters),
      ...times,
    },
    credential,
  ).toString();
}

function s3Remote(
  settings: S3Settings,
  secret: HostSecret | null,
  { path, readOnly }: { readonly path: InnerPath; readonly readOnly: boolean },
): RcloneRemote {
  if (!secret || !('secretAccessKey' in secret)) throw missing('the secret access key');
  const env = variables({
    type: 's3',
    // Amazon's own has rules of its own for names of hosts; for all others everything is said below.
    provider: settings.endpoint === null ? 'AWS' : 'Other',
    env_auth: 'false',
    access_key_id: settings.accessKeyId,
    secret_access_key: secret.secretAccessKey,
    ...(secret.sessionToken !== undefined && { session_token: secret.sessionToken }),
    region: settings.region,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    force_path_style: String(settings.pathStyle),
    list_version: '2',
    list_url_encode: 'true',
    // The bucket is there; looking for it, or making it, needs rights that the key need not have.
    no_check_bucket: 'true',
  });
  // The times that Stowage and rclone give to files are told only by a request for each. A reader gets those of writing.
  const times = readOnly ? { RCLONE_USE_SERVER_MODTIME: 'true', RCLONE_VFS_FAST_FINGERPRINT: 'true' } : {};
  return { remote: remoteOf(settings.bucket, settings.prefix, path), env: { ...env, ...times } };
}

const missing = (what: string): StowageError =>
  new StowageError('credentials-missing', `A folder cannot be mounted because ${what} is missing.`, { hint: 'Give it again.' });
