import type { HostAttach, HostSettings } from '../contract/hosts.ts';
import { StowageError } from '../errors.ts';
import { parseInnerPath, visible } from '../paths.ts';
import type { HostSecret } from './host-secret.ts';
import { isBareHost, origin, parseWebAddress } from './web-address.ts';

export type S3Settings = Extract<HostSettings, { kind: 's3' }>;
type S3Attach = Extract<HostAttach, { form: 's3' }>;

/** What an endpoint or bucket address says. */
interface S3Address {
  /** Null: Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string | null;
  /** The bucket is part of the name of the host. */
  readonly hostStyle: boolean;
  readonly bucket: string | null;
  readonly prefix: string;
}

const defaultRegion = 'us-east-1';

/**
 * An S3 host, as settings and secret. `endpoint` may be that of the service, or the address of a bucket or of a folder in
 * one: `s3://BUCKET/PREFIX`, `https://BUCKET.s3.REGION.amazonaws.com/PREFIX`, `https://HOST/BUCKET/PREFIX`.
 * @throws StowageError `bad-request`, `path-refused`
 */
export function parseS3Attach(attach: S3Attach): { settings: S3Settings; secret: HostSecret } {
  const address = parseS3Address(attach.endpoint?.trim() ?? '');
  const amazon = address.endpoint === null;
  const bucket = agree(address.bucket, attach.bucket?.trim() || null, 'bucket');
  if (bucket !== null) checkBucketName(bucket, amazon);
  const region = agree(address.region, attach.region?.trim() || null, 'region') ?? defaultRegion;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(region)) {
    throw new StowageError('bad-request', `“${visible(region)}” cannot be a region.`, {
      subject: region,
      hint: 'Regions look like “eu-central-1”; “auto” is one too. Leave it empty when the service has none.',
    });
  }
  const prefix = parseInnerPath(
    [address.prefix, (attach.prefix ?? '').trim().replace(/^\/+|\/+$/g, '')].filter(Boolean).join('/'),
  );
  if (prefix !== '' && bucket === null) {
    throw new StowageError('bad-request', 'A folder to begin at needs a bucket.', { hint: 'Name the bucket too.' });
  }
  // A dot in a bucket's name makes it a host name that no certificate of Amazon's covers.
  const pathStyle = attach.pathStyle ?? (amazon ? (bucket?.includes('.') ?? false) : !address.hostStyle);
  const { accessKeyId, secret } = parseKeyPair(attach, amazon);
  return {
    settings: { kind: 's3', endpoint: address.endpoint, region, pathStyle, bucket, prefix, accessKeyId },
    secret,
  };
}

function parseS3Address(text: string): S3Address {
  if (text === '') return { endpoint: null, region: null, hostStyle: false, bucket: null, prefix: '' };
  const short = /^s3:\/\/([^/?#]*)\/?([^?#]*)$/i.exec(text);
  if (short) {
    const [, bucket = '', prefix = ''] = short;
    if (bucket === '')
      throw new StowageError('bad-request', 'The address names no bucket.', { hint: 'It looks like s3://BUCKET/FOLDER.' });
    return { endpoint: null, region: null, hostStyle: true, bucket, prefix: prefix.replace(/\/+$/, '') };
  }
  const address = parseWebAddress(text, 'the endpoint');
  if (/(^|\.)console\.aws\./.test(address.host)) {
    throw new StowageError('bad-request', 'This is an address of the Amazon console, not of a bucket.', {
      hint: 'Give s3://BUCKET, or leave the endpoint empty and name the bucket.',
    });
  }
  if (/X-Amz-Signature=/i.test(address.query)) {
    throw new StowageError('bad-request', 'This is a presigned address of one object.', {
      hint: 'Give the address of the service and a key pair.',
    });
  }
  if (address.query !== '')
    throw new StowageError('bad-request', 'The endpoint has a “?” and something after it.', { hint: 'Give the address only.' });
  const amazon = amazonParts(address.host);
  const [first, ...folders] = address.path;
  if (amazon) {
    const bucket = amazon.bucket ?? first ?? null;
    const prefix = (amazon.bucket === null ? folders : address.path).join('/');
    return { endpoint: null, region: amazon.region, hostStyle: true, bucket, prefix };
  }
  return {
    endpoint: origin(address),
    region: regionOf(address.host),
    hostStyle: false,
    bucket: first ?? null,
    prefix: folders.join('/'),
  };
}

/** `s3.amazonaws.com`, `s3.REGION.amazonaws.com`, `BUCKET.s3.REGION.amazonaws.com`, with `s3-REGION` in old addresses. */
function amazonParts(host: string): { bucket: string | null; region: string | null } | null {
  const found = /^(?:(.+)\.)?s3[.-](?:(?:dualstack\.)?([a-z0-9-]+)\.)?amazonaws\.com$/.exec(host);
  return found && { bucket: found[1] ?? null, region: found[2] ?? null };
}

/** The region where a known service has it in its name. */
function regionOf(host: string): string | null {
  if (isBareHost(host)) return null;
  if (host.endsWith('.r2.cloudflarestorage.com') || host === 'storage.googleapis.com') return 'auto';
  return /(?:^|\.)s3\.([a-z0-9-]+)\.(?:wasabisys\.com|backblazeb2\.com|scw\.cloud|io\.cloud\.ovh\.net)$/.exec(host)?.[1] ?? null;
}

/** What the address says and what the field says, which must not contradict each other. */
function agree(address: string | null, field: string | null, what: string): string | null {
  if (address !== null && field !== null && address !== field) {
    throw new StowageError('bad-request', `The address names the ${what} “${visible(address)}”, the form “${visible(field)}”.`, {
      subject: field,
      hint: `Name one ${what} only.`,
    });
  }
  return field ?? address;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; other services allow a little more. */
function checkBucketName(name: string, amazon: boolean): void {
  const refuse = (why: string): never => {
    throw new StowageError('bad-request', `“${visible(name)}” cannot be the name of a bucket: ${why}.`, {
      subject: name,
      hint: 'Buckets have 3 to 63 lower-case letters, digits, hyphens and dots.',
    });
  };
  if (name.includes('/')) refuse('a folder in it belongs into the field of the folder');
  if (name.length < 3 || name.length > (amazon ? 63 : 255)) refuse(`it has ${name.length} characters`);
  if (amazon && /[A-Z]/.test(name)) refuse('it has capital letters');
  if (/[^A-Za-z0-9._-]/.test(name) || (amazon && name.includes('_'))) refuse('it has characters that are not allowed');
  if (/^[.-]|[.-]$|\.\./.test(name)) refuse('it begins or ends with a dot or hyphen, or has two dots in a row');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) refuse('it looks like an IP address');
}

function parseKeyPair(attach: S3Attach, amazon: boolean): { accessKeyId: string; secret: HostSecret } {
  const refuse = (message: string, hint: string): never => {
    throw new StowageError('bad-request', message, { hint });
  };
  const accessKeyId = attach.accessKeyId.trim();
  const secretAccessKey = attach.secretAccessKey.trim();
  const sessionToken = attach.sessionToken?.trim() || undefined;
  if (accessKeyId === '') refuse('The access key id is empty.', 'Give both parts of the key pair.');
  if (secretAccessKey === '') refuse('The secret access key is empty.', 'Give both parts of the key pair.');
  if (/[^\x21-\x7e]/.test(accessKeyId)) refuse('The access key id has spaces or other characters in it.', 'Copy it again.');
  if (/[^\x21-\x7e]/.test(secretAccessKey))
    refuse('The secret access key has spaces or other characters in it.', 'Copy it again.');
  if (accessKeyId === secretAccessKey)
    refuse('The access key id and the secret access key are the same.', 'Give both parts of the key pair.');
  if (/^A(KIA|SIA)[A-Z0-9]{16}$/.test(secretAccessKey) && accessKeyId.length >= 40)
    refuse('The access key id and the secret access key are swapped.', 'Exchange them.');
  if (amazon && /^ASIA/.test(accessKeyId) && sessionToken === undefined)
    refuse('This is a temporary key pair, which needs its session token.', 'Give the session token too.');
  return { accessKeyId, secret: { secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } };
}
