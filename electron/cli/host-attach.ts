import { resolve } from 'node:path';
import type { Host, HostAttach } from '#shared/contract/hosts.ts';
import { assertNever, StowageError } from '#shared/errors.ts';
import { type AwsProfile, readAwsProfile } from './aws-profile.ts';
import { readSecret } from './secret-input.ts';

/** Options of the command line that name an Azure Blob host. */
export interface AzureOptions {
  account?: string;
  endpoint?: string;
  container?: string;
  prefix?: string;
  emulator?: boolean;
  keyStdin?: boolean;
}

/** Options that name an S3 host. */
export interface S3Options {
  endpoint?: string;
  region?: string;
  bucket?: string;
  prefix?: string;
  accessKeyId?: string;
  profile?: string;
  pathStyle?: boolean;
  keyStdin?: boolean;
}

const azureVariables = ['AZURE_STORAGE_CONNECTION_STRING', 'AZURE_STORAGE_KEY', 'AZURE_STORAGE_SAS_TOKEN'] as const;

export const localAttach = (directory: string): HostAttach => ({ form: 'local', root: resolve(directory) });

/** What connection strings are made of, those of other services too, which are then refused by name. */
const connectionStringField =
  /(^|;)\s*(AccountName|AccountKey|AccountEndpoint|BlobEndpoint|DefaultEndpointsProtocol|Endpoint|EndpointSuffix|HostName|SharedAccessSignature|UseDevelopmentStorage)\s*=/i;

/** The form that the given secret has: a connection string, a key, a SAS, or an address with one. */
export async function azureAttach(options: AzureOptions, environment: NodeJS.ProcessEnv = process.env): Promise<HostAttach> {
  const place = {
    ...(options.container !== undefined && { container: options.container }),
    ...(options.prefix !== undefined && { prefix: options.prefix }),
  };
  const endpoint = options.endpoint === undefined ? {} : { endpoint: options.endpoint };
  if (options.emulator) return { form: 'azure-emulator', ...endpoint, ...place };
  const account = options.account ?? (environment.AZURE_STORAGE_ACCOUNT || undefined);
  const secret = await azureSecret(options, environment);
  if (/^https?:\/\//i.test(secret)) {
    if (options.container !== undefined || options.account !== undefined) {
      throw new StowageError('bad-request', 'The address with SAS names account and container by itself.', {
        hint: 'Leave out --account and --container.',
      });
    }
    return { form: 'azure-container-sas', url: secret, ...(options.prefix !== undefined && { prefix: options.prefix }) };
  }
  if (connectionStringField.test(secret)) return { form: 'azure-connection-string', connectionString: secret, ...place };
  if (account === undefined) {
    throw new StowageError('bad-request', 'The storage account is not named.', {
      hint: 'Name it with --account or in AZURE_STORAGE_ACCOUNT; a connection string names it by itself.',
    });
  }
  return /(^|[?&])sig=/.test(secret)
    ? { form: 'azure-sas', account, sas: secret, ...endpoint, ...place }
    : { form: 'azure-key', account, key: secret, ...endpoint, ...place };
}

function azureSecret({ account, keyStdin }: AzureOptions, environment: NodeJS.ProcessEnv): Promise<string> | string {
  // A connection string names its own account, so it is not meant when one is named here.
  const names = account === undefined ? azureVariables : azureVariables.slice(1);
  const found = keyStdin ? undefined : names.map((name) => environment[name]).find(Boolean);
  return found ?? readSecret({ keyStdin, what: 'Account key, SAS, connection string or address with SAS', variables: names });
}

export async function s3Attach(options: S3Options, environment: NodeJS.ProcessEnv = process.env): Promise<HostAttach> {
  const profile = await profileOf(options, environment);
  const variables: AwsProfile = new Map(
    Object.entries({
      aws_access_key_id: environment.AWS_ACCESS_KEY_ID,
      aws_secret_access_key: environment.AWS_SECRET_ACCESS_KEY,
      aws_session_token: environment.AWS_SESSION_TOKEN,
      region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION,
      endpoint_url: environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL,
    }).flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  );
  const known = profile ?? variables;
  const accessKeyId = options.accessKeyId ?? known.get('aws_access_key_id');
  if (accessKeyId === undefined) {
    throw new StowageError('bad-request', 'The access key id is not given.', {
      hint: 'Name it with --access-key-id or in AWS_ACCESS_KEY_ID, or name a profile with --profile.',
    });
  }
  // The rest of a key pair belongs to its id only.
  const same = accessKeyId === known.get('aws_access_key_id');
  const secretKnown =
    options.keyStdin || (options.accessKeyId !== undefined && !same && profile) ? undefined : known.get('aws_secret_access_key');
  const secretAccessKey =
    secretKnown ??
    (await readSecret({ keyStdin: options.keyStdin, what: 'Secret access key', variables: ['AWS_SECRET_ACCESS_KEY'] }));
  const sessionToken = same && secretKnown !== undefined ? known.get('aws_session_token') : undefined;
  const endpoint = options.endpoint ?? known.get('endpoint_url');
  const region = options.region ?? known.get('region');
  return {
    form: 's3',
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    ...(endpoint !== undefined && { endpoint }),
    // An endpoint's own region goes before that of the environment, which is meant for Amazon.
    ...(region !== undefined && (options.region !== undefined || endpoint === undefined) && { region }),
    ...(options.bucket !== undefined && { bucket: options.bucket }),
    ...(options.prefix !== undefined && { prefix: options.prefix }),
    ...(options.pathStyle !== undefined && { pathStyle: options.pathStyle }),
  };
}

const profileOf = (options: S3Options, environment: NodeJS.ProcessEnv): Promise<AwsProfile> | null =>
  options.profile === undefined ? null : readAwsProfile(options.profile, environment);

/** New credentials for the place where a host is already. */
export function newCredentials(
  { name, settings }: Host,
  options: { accessKeyId?: string; profile?: string; keyStdin?: boolean },
): Promise<HostAttach> {
  switch (settings.kind) {
    case 'azure-blob': {
      const { account, endpoint, container, prefix } = settings;
      return azureAttach({
        account,
        endpoint,
        prefix,
        ...(container !== null && { container }),
        ...(options.keyStdin && { keyStdin: true }),
      });
    }
    case 's3': {
      const { endpoint, region, bucket, prefix, pathStyle } = settings;
      const id = options.accessKeyId ?? (options.profile === undefined ? settings.accessKeyId : undefined);
      return s3Attach({
        region,
        prefix,
        pathStyle,
        ...(endpoint !== null && { endpoint }),
        ...(bucket !== null && { bucket }),
        ...(id !== undefined && { accessKeyId: id }),
        ...(options.profile !== undefined && { profile: options.profile }),
        ...(options.keyStdin && { keyStdin: true }),
      });
    }
    case 'local':
    case 'memory':
      throw new StowageError('bad-request', `“${name}” needs no credentials.`, { subject: name });
    default:
      return assertNever(settings);
  }
}
