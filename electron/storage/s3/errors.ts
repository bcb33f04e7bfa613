import { type ErrorCode, type ErrorData, StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { cancelled } from '../bodies.ts';
import { retryAfterMs, Transient } from '../remote/retries.ts';

/** What a request was about, for messages. */
export interface Subject {
  /** Of the host, as shown to people. */
  readonly endpoint: string;
  readonly bucket: string | null;
  readonly path: InnerPath;
}

/** What the SDK and Node throw: the parts of it that are used here. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: string | undefined;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** The same request may succeed in a moment. */
  readonly transient?: boolean;
}

/** The code by which the service names a failure (`NoSuchKey`), where there is one. */
export function serviceCode(error: unknown): string {
  const { name, Code } = error as { name?: unknown; Code?: unknown };
  return typeof Code === 'string' ? Code : typeof name === 'string' ? name : '';
}

/** The HTTP status of a failed request, or null when there was no answer. */
export function statusOf(error: unknown): number | null {
  const status = (error as { $metadata?: { httpStatusCode?: unknown } }).$metadata?.httpStatusCode;
  return typeof status === 'number' ? status : null;
}

/**
 * What a request fails with, as an error of the closed set; one that may be repeated at once inside a `Transient`. The
 * only place where refusals of S3 are given their meaning; what happens to connections is told by remote/http.ts.
 */
export function failureOf(error: unknown, subject: Subject): StowageError | Transient {
  if (error instanceof StowageError || error instanceof Transient) return error;
  const failure = read(error);
  if (failure.name === 'AbortError') return cancelled();
  const { code, message, hint, transient } = meaningOf(failure, subject);
  const data: ErrorData = { subject: subject.path || (subject.bucket ?? subject.endpoint), detail: detailOf(failure) };
  const told = new StowageError(code, message, hint === undefined ? data : { ...data, hint }, { cause: error });
  return transient ? new Transient(told, retryAfterMs(failure.retryAfter)) : told;
}

function read(error: unknown): Failure {
  const {
    message = String(error),
    $metadata,
    $response,
  } = error as Partial<Failure> & {
    $metadata?: { requestId?: string };
    $response?: { headers?: Record<string, string> };
  };
  return {
    name: serviceCode(error),
    message,
    status: statusOf(error) ?? undefined,
    requestId: $metadata?.requestId,
    retryAfter: $response?.headers?.['retry-after'],
  };
}

function detailOf({ name, message, status, requestId }: Failure): string {
  const text = message === 'UnknownError' || message === name || message === '' ? '' : message.split('\n')[0];
  return [name, status && `HTTP ${status}`, text, requestId && `request ${requestId}`].filter(Boolean).join(', ');
}

const meaningOf = (failure: Failure, subject: Subject): Meaning => named(failure.name, subject) ?? byStatus(failure, subject);

function named(name: string, subject: Subject): Meaning | null {
  const bucket = `bucket “${visible(subject.bucket ?? '')}”`;
  const path = `“${visible(subject.path) || '/'}”`;
  switch (name) {
    case 'SignatureDoesNotMatch':
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
    case 'InvalidSecurity':
    case 'NotSignedUp':
      return {
        code: 'credentials-rejected',
        message: `${visible(subject.endpoint)} does not accept the ${name === 'InvalidToken' ? 'session token' : 'key pair'}.`,
        hint: 'Give the access key ID and the secret access key anew.',
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return {
        code: 'credentials-expired',
        message: `The session token for ${visible(subject.endpoint)} has expired.`,
        hint: 'Get new temporary credentials and give them to the storage host.',
      };
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return {
        code: 'clock-wrong',
        message: `${visible(subject.endpoint)} refuses requests because the clock of this machine is wrong.`,
        hint: 'Set the clock, then try again.',
      };
    case 'NoSuchBucket':
      return {
        code: 'not-found',
        message: `The ${bucket} does not exist at ${visible(subject.endpoint)}.`,
        hint: 'Look at the name of the bucket and at the endpoint.',
      };
    case 'NoSuchKey':
    case 'NotFound':
      return { code: 'not-found', message: `${path} does not exist.` };
    case 'PreconditionFailed':
      return { code: 'precondition-failed', message: `${path} has changed since it was looked at.` };
    case 'ConditionalRequestConflict':
    case 'OperationAborted':
      return { code: 'precondition-failed', message: `${path} is being changed by someone else.`, transient: true };
    case 'BadDigest':
    case 'XAmzContentSHA256Mismatch':
      return { code: 'checksum-mismatch', message: `${path} did not arrive as it was sent.`, transient: true };
    case 'BucketNotEmpty':
      return { code: 'not-empty', message: `The ${bucket} is not empty.` };
    case 'BucketAlreadyExists':
      return {
        code: 'exists',
        message: `The ${bucket} belongs to someone else: names of buckets are shared by everybody.`,
        hint: 'Choose another name.',
      };
    case 'BucketAlreadyOwnedByYou':
      return { code: 'exists', message: `The ${bucket} exists already.` };
    case 'KeyTooLongError':
    case 'InvalidObjectName':
    case 'InvalidURI':
      return { code: 'name-invalid', message: `${path} cannot be stored: the service does not take the name.` };
    case 'InvalidBucketName':
      return { code: 'name-invalid', message: `“${visible(subject.bucket ?? '')}” cannot be the name of a bucket.` };
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return {
        code: 'bad-request',
        message: `The ${bucket} is in another region than the storage host says.`,
        hint: 'Correct the region of the storage host.',
      };
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'TooManyBuckets':
      return { code: 'disk-full', message: `${visible(subject.endpoint)} has no room for ${path}.` };
    case 'EntityTooLarge':
      return { code: 'unsupported', message: `${path} is larger than ${visible(subject.endpoint)} allows.` };
    case 'NotImplemented':
      return { code: 'unsupported', message: `${visible(subject.endpoint)} cannot do what ${path} needs.` };
    case 'SlowDown':
    case 'Throttling':
    case 'ThrottlingException':
    case 'TooManyRequests':
    case 'TooManyRequestsException':
    case 'RequestLimitExceeded':
    case 'RequestThrottled':
    case 'ServiceUnavailable':
    case 'BandwidthLimitExceeded':
      return throttled(subject);
    case 'RequestTimeout':
      return { code: 'host-unreachable', message: `${visible(subject.endpoint)} waited in vain for the data.`, transient: true };
    default:
      return null;
  }
}

const throttled = ({ endpoint }: Subject): Meaning => ({
  code: 'throttled',
  message: `${visible(endpoint)} asks to slow down.`,
  hint: 'It is tried again later.',
  transient: true,
});

function byStatus({ status }: Failure, subject: Subject): Meaning {
  const path = `“${visible(subject.path) || subject.bucket || '/'}”`;
  const endpoint = visible(subject.endpoint);
  switch (status) {
    case 401:
    case 403:
      return {
        code: 'permission-denied',
        message: `${endpoint} does not allow this for ${path}.`,
        hint: 'Ask the owner of the bucket for the permission, or use other credentials.',
      };
    case 404:
      return { code: 'not-found', message: `${path} does not exist.` };
    case 412:
      return { code: 'precondition-failed', message: `${path} has changed since it was looked at.` };
    case 405:
    case 501:
      return { code: 'unsupported', message: `${endpoint} cannot do what ${path} needs.` };
    case 507:
      return { code: 'disk-full', message: `${endpoint} has no room for ${path}.` };
    case 429:
    case 503:
      return throttled(subject);
    case 301:
    case 302:
    case 307:
      return {
        code: 'bad-request',
        message: `${endpoint} sends requests for ${path} elsewhere.`,
        hint: 'Correct the endpoint or the region of the storage host.',
      };
    default:
      return {
        code: 'io-error',
        message: `${endpoint} could not do what was asked of ${path}.`,
        hint: 'The details say what the service answered; it may be no S3 service.',
        transient: status !== undefined && status >= 500,
      };
  }
}
