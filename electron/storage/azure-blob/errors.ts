import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorCode, type ErrorData, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { retryAfterMs, Transient } from '../remote/retries.ts';

/** What a refused request was about. */
export interface Asked {
  /** A path or a container, for messages. */
  readonly subject: string;
  readonly auth: 'key' | 'sas';
  /** When the SAS begins and ends to be valid, in milliseconds since the epoch, where it says so. */
  readonly validFrom: number | null;
  readonly expiresAt: number | null;
}

/** A refusal of the service. */
export interface Refusal {
  readonly status: number;
  /** Azure's own code, as `BlobNotFound`; `''` when the answer names none. */
  readonly code: string;
  /** Azure's words, where the answer has some. */
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
}

/** Azure refuses requests whose time differs from its own by more than a quarter of an hour. */
const clockToleranceMs = 10 * 60_000;

/** What a refusal means, as an error of the closed set; wrapped as Transient where it is worth repeating at once. */
export function toError(refusal: Refusal, asked: Asked, now = Date.now()): StowageError | Transient {
  const { status, code, headers } = refusal;
  const name = visible(asked.subject) || '/';
  const requestId = headers['x-ms-request-id'];
  const detail = `${status} ${code}${typeof requestId === 'string' ? `, request ${requestId}` : ''}`;
  const make = (kind: ErrorCode, message: string, hint?: string): StowageError =>
    new StowageError(kind, message, { subject: asked.subject, detail, hint } satisfies ErrorData);
  if (status === 429 || status === 503 || code === 'ServerBusy') {
    const busy = make('throttled', 'Azure asks to slow down.', 'It is tried again by itself.');
    return new Transient(busy, retryAfterMs(headers['retry-after']));
  }
  if (status >= 500 && status !== 501) {
    return new Transient(make('io-error', `Azure could not answer for “${name}”.`, 'Try again later.'), null);
  }
  if (status === 401 || status === 403) return authorisationError(refusal, asked, detail, now);
  // The emulator has no code of its own for it.
  if (code === 'Md5Mismatch' || (code === 'InvalidOperation' && /contentMD5/.test(refusal.message))) {
    return new Transient(
      make('checksum-mismatch', `“${name}” did not arrive at Azure as it was sent: its MD5 differs.`, 'Try again.'),
    );
  }
  switch (code) {
    case 'ContainerNotFound':
      return make('not-found', `The container of “${name}” does not exist.`);
    case 'ContainerBeingDeleted':
      return make('in-use', `The container of “${name}” is just being deleted.`, 'Try again in a minute.');
    case 'ContainerAlreadyExists':
      return make('exists', `The container “${name}” exists already.`);
    case 'LeaseIdMissing':
    case 'LeaseAlreadyPresent':
    case 'LeaseNotPresentWithBlobOperation':
      return make('in-use', `“${name}” is locked by a lease.`, 'Another program holds it. End its lease, or wait.');
    case 'BlobArchived':
      return make('unsupported', `“${name}” is archived and cannot be read now.`, 'Move it to the hot or cool tier first.');
    case 'BlobImmutableDueToPolicy':
      return make('permission-denied', `“${name}” is protected by an immutability policy.`);
    case 'InvalidResourceName':
    case 'InvalidUri':
    case 'OutOfRangeInput':
    case 'InvalidBlobName':
      return make('name-invalid', `Azure cannot hold the name “${name}”.`, 'Rename it.');
  }
  if (status === 404) return make('not-found', `“${name}” does not exist.`);
  if (status === 412 || (status === 409 && code === 'BlobAlreadyExists')) {
    return make('precondition-failed', `“${name}” exists already, or has changed since it was looked at.`);
  }
  return make('io-error', `Azure refused a request about “${name}”.`);
}

/** The credentials are good, but do not allow this. */
const permissionCodes = new Set([
  'AuthorizationPermissionMismatch',
  'AuthorizationResourceTypeMismatch',
  'AuthorizationProtocolMismatch',
  'AuthorizationServiceMismatch',
  'AuthorizationSourceIPMismatch',
  'AuthorizationFailure',
  'InsufficientAccountPermissions',
  'AccountIsDisabled',
  'PublicAccessNotPermitted',
  'KeyBasedAuthenticationNotPermitted',
]);

function authorisationError(refusal: Refusal, asked: Asked, detail: string, now: number): StowageError {
  const time = isTimely(refusal) ? timeError(refusal, asked, detail, now) : null;
  return time ?? permissionError(refusal, asked, detail) ?? credentialError(asked, detail);
}

/** Refusals that a wrong or past time may have caused; Azurite gives the second for all of them. */
const isTimely = ({ code }: Refusal): boolean => !permissionCodes.has(code) || code === 'AuthorizationFailure';

/** What the time has to do with a refusal; null when nothing. */
function timeError({ headers }: Refusal, asked: Asked, detail: string, now: number): StowageError | null {
  const data = (hint: string): ErrorData => ({ subject: asked.subject, detail, hint });
  const when = (time: number): string => `${new Date(time).toISOString().replace('T', ' ').slice(0, 16)} UTC`;
  const theirs = Date.parse(headers.date ?? '');
  const off = Number.isNaN(theirs) ? 0 : now - theirs;
  const serverNow = now - off;
  if (asked.expiresAt !== null && asked.expiresAt <= serverNow) {
    const message = `The shared access signature (SAS) expired on ${when(asked.expiresAt)}.`;
    return new StowageError('credentials-expired', message, data('Give a new one.'));
  }
  if (Math.abs(off) > clockToleranceMs) {
    const direction = off > 0 ? 'fast' : 'slow';
    const message = `This machine's clock is ${inWords(Math.abs(off))} ${direction}, so Azure refuses its requests.`;
    return new StowageError(
      'clock-wrong',
      message,
      data('Set the clock (or switch on setting it by the network), then try again.'),
    );
  }
  if (asked.validFrom === null || asked.validFrom <= serverNow) return null;
  const message = `The shared access signature (SAS) is valid only from ${when(asked.validFrom)} on.`;
  return new StowageError('credentials-rejected', message, data('Wait, or give another one.'));
}

function credentialError({ auth, subject }: Asked, detail: string): StowageError {
  const [what, hint] =
    auth === 'key'
      ? ['account key', 'Check the account and give its key anew.']
      : ['shared access signature (SAS)', 'Give a new one.'];
  return new StowageError('credentials-rejected', `Azure does not accept the ${what}.`, { subject, detail, hint });
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

const permissionHints: Readonly<Record<string, string>> = {
  AuthorizationSourceIPMismatch: 'The SAS is bound to another IP address. Give one without that bound.',
  AuthorizationProtocolMismatch: 'The SAS wants https. Use an https address.',
  AuthorizationFailure: 'Check the key or the SAS. A firewall of the storage account may also keep this machine out.',
  AccountIsDisabled: 'The storage account is disabled.',
  KeyBasedAuthenticationNotPermitted: 'The storage account does not allow access by key.',
};

/** Null when the credentials themselves are not accepted. */
function permissionError({ code }: Refusal, { subject }: Asked, detail: string): StowageError | null {
  if (!permissionCodes.has(code)) return null;
  const hint = permissionHints[code] ?? 'Give credentials with more permissions.';
  const message = `The credentials do not allow this with “${visible(subject) || '/'}”.`;
  return new StowageError('permission-denied', message, { subject, detail, hint });
}
