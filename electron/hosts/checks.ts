import type { HostCheck, HostSettings } from '#shared/contract/hosts.ts';
import { assertNever, type ErrorCode, isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { hostRoot } from '#shared/hosts/attach.ts';
import type { AzureSettings } from '#shared/hosts/azure-attach.ts';
import { parseSas, type Sas } from '#shared/hosts/sas.ts';
import { isLoopback } from '#shared/hosts/web-address.ts';
import { rootPath, visible } from '#shared/paths.ts';
import type { HostSecret } from '../services.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Contact, reach } from './reach.ts';
import { checkWrite } from './write-check.ts';

export interface CheckSubject {
  readonly settings: HostSettings;
  readonly readOnly: boolean;
  readonly secret: HostSecret | null;
  readonly provider: StorageProvider;
}

/** The whole test of a host ends within this time, whoever does not answer. */
export const checkTimeoutMs = 10_000;
const minute = 60_000;
/** Azure and S3 refuse requests that are signed at a time farther from theirs. */
const maxSkewMs = 15 * minute;
const soonMs = 7 * 24 * 60 * minute;

export interface CheckOptions {
  /** Writes a small object and removes it again. */
  readonly write: boolean;
  /** What a former test found of that, told again where nothing is written. */
  readonly lastWrite?: HostCheck | null;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries a host; the findings come in the order in which one depends on another. Never fails for what it finds.
 * @throws StowageError `cancelled`
 */
export async function runChecks(subject: CheckSubject, options: CheckOptions): Promise<HostCheck[]> {
  const deadline = AbortSignal.timeout(checkTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const checks = await tryEverything(subject, options, signal);
  if (options.signal?.aborted) throw new StowageError('cancelled', 'The test was cancelled.');
  return checks;
}

async function tryEverything(
  subject: CheckSubject,
  { write, lastWrite = null }: CheckOptions,
  signal: AbortSignal,
): Promise<HostCheck[]> {
  const { settings } = subject;
  const address = addressOf(settings);
  const found =
    address === null ? { contact: null, listed: await tryList(subject, signal) } : await knockAndList(subject, address, signal);
  const { contact, listed } = found;
  const skew = contact?.answered ? (contact.skewMs ?? 0) : 0;
  const sas = subject.secret && 'sas' in subject.secret ? parseSas(subject.secret.sas) : null;
  const expiry = sas && checkExpiry(sas, Date.now() + skew);
  const credentials = address === null ? null : checkCredentials(settings, listed, { skew, expiry, sas });
  return [
    checkReach(settings, contact, listed),
    ...(credentials ? [credentials] : []),
    ...(contact?.answered && contact.skewMs !== null ? [checkClock(contact.skewMs, listed)] : []),
    ...(expiry ? [expiry] : []),
    checkList(settings, listed, sas, credentials),
    await checkWrite(subject, { sas, listed: listed.error === null, write, lastWrite, signal }),
  ];
}

/** Where a host is on the network; null: on this machine. */
function addressOf(settings: HostSettings): string | null {
  switch (settings.kind) {
    case 'local':
    case 'memory':
      return null;
    case 'azure-blob':
      return settings.endpoint;
    case 's3':
      return settings.endpoint ?? `https://s3.${settings.region}.amazonaws.com`;
    default:
      return assertNever(settings);
  }
}

interface Listed {
  /** Null: the beginning of the host was listed. */
  readonly error: StowageError | null;
}

async function tryList({ provider }: CheckSubject, signal: AbortSignal): Promise<Listed> {
  try {
    for await (const _page of provider.list(rootPath, { signal })) break;
    return { error: null };
  } catch (error) {
    return { error: toStowageError(error) };
  }
}

/** Both at once; where nobody can answer, the listing, which would try again and again, is ended. */
async function knockAndList(
  subject: CheckSubject,
  address: string,
  signal: AbortSignal,
): Promise<{ contact: Contact; listed: Listed }> {
  const giveUp = new AbortController();
  const listing = tryList(subject, AbortSignal.any([signal, giveUp.signal]));
  const contact = await reach(address, { signal, timeoutMs: checkTimeoutMs - 1000 });
  if (!contact.answered && contact.final) giveUp.abort();
  return { contact, listed: await listing };
}

/** What only a service that was reached can answer. */
const answers: readonly ErrorCode[] = [
  'credentials-rejected',
  'credentials-expired',
  'clock-wrong',
  'permission-denied',
  'not-found',
  'throttled',
  'not-a-directory',
];

function checkReach(settings: HostSettings, contact: Contact | null, { error }: Listed): HostCheck {
  if (contact === null) {
    if (isStowageError(error, 'host-unreachable')) return failed('reach', error);
    return ok('reach', `“${visible(hostRoot(settings))}” is on this machine.`);
  }
  const address = addressOf(settings) ?? '';
  const host = hostAndPort(address);
  if (error === null || isStowageError(error, ...answers) || contact.answered) {
    const plain = address.startsWith('http:') && !isLoopback(hostOf(address));
    if (plain) {
      return {
        id: 'reach',
        state: 'warning',
        message: `“${host}” answers, without encryption: others on the network can read along.`,
        hint: 'Begin the address with https:// if the service speaks it.',
      };
    }
    return ok(
      'reach',
      contact.answered ? `“${host}” answers in ${Math.max(1, Math.round(contact.tookMs))} ms.` : `“${host}” answers.`,
    );
  }
  if (settings.kind === 'azure-blob' && contact.unknownName && /\.blob\.core\./.test(host)) {
    const message = `There is no storage account “${settings.account}”: nobody knows “${host}”.`;
    return {
      id: 'reach',
      state: 'error',
      message,
      hint: 'Correct the name of the account; a new one takes some minutes to be known.',
    };
  }
  return { id: 'reach', state: 'error', message: contact.message, hint: contact.hint };
}

function checkCredentials(
  settings: HostSettings,
  { error }: Listed,
  { skew, expiry, sas }: { skew: number; expiry: HostCheck | null; sas: Sas | null },
): HostCheck {
  const what = credentialsName(settings);
  if (error && expiry?.state === 'error' && refusals.includes(error.code))
    return skipped('credentials', `Whether ${lower(what)} is right shows when it is valid.`);
  if (error && isRefusedOrKeptOut(settings, error) && sas?.allows?.list !== false) {
    return {
      id: 'credentials',
      state: 'error',
      message: `${what} is not accepted${isLoopback(hostOf(settings.endpoint)) ? '' : ', or a firewall of the account keeps this machine out'}.`,
      hint: 'Copy it again, and compare the name of the account; in Azure look at the account’s networking rules too.',
    };
  }
  switch (error?.code) {
    case undefined:
    case 'permission-denied':
    case 'not-found':
    case 'not-a-directory':
      return ok('credentials', `${what} is accepted.`);
    case 'credentials-missing':
      return failed('credentials', error);
    case 'clock-wrong':
      return skipped('credentials', `Whether ${lower(what)} is right shows when the clock is.`);
    case 'credentials-expired':
    case 'credentials-rejected':
      if (Math.abs(skew) > maxSkewMs) return skipped('credentials', `Whether ${lower(what)} is right shows when the clock is.`);
      return failed('credentials', error);
    default:
      return skipped('credentials', `${what} was not tried, since nothing else works yet.`);
  }
}

const refusals: readonly ErrorCode[] = ['permission-denied', 'credentials-rejected', 'credentials-expired'];

/** One answer for two things: Azurite gives it to wrong credentials, Azure to a machine that its firewall keeps out. */
const isRefusedOrKeptOut = (settings: HostSettings, { code, data }: StowageError): settings is AzureSettings =>
  settings.kind === 'azure-blob' && code === 'permission-denied' && /AuthorizationFailure/.test(data.detail ?? '');

function credentialsName(settings: HostSettings): string {
  if (settings.kind === 's3') return `The key pair “${visible(settings.accessKeyId)}”`;
  return settings.kind === 'azure-blob' && settings.auth === 'sas' ? 'The SAS' : 'The account key';
}

/** `skew`: how far the clock of the service is ahead. */
function checkClock(skew: number, { error }: Listed): HostCheck {
  const off = Math.abs(skew);
  const refusing = isStowageError(error, 'clock-wrong') || (isStowageError(error, 'credentials-rejected') && off > maxSkewMs);
  if (!refusing && off < 5 * minute) return ok('clock', 'The clock of this machine agrees with that of the service.');
  return {
    id: 'clock',
    state: refusing ? 'error' : 'warning',
    message: `The clock of this machine is ${duration(off)} ${skew > 0 ? 'behind' : 'ahead of'} that of the service${refusing ? ', which therefore refuses it' : ''}.`,
    hint: 'Set the clock of this machine, or let it follow a time server.',
  };
}

/** `now` by the clock of the service. */
export function checkExpiry({ expiresAt, startsAt }: Pick<Sas, 'expiresAt' | 'startsAt'>, now: number): HostCheck {
  const renew = 'Make a new SAS and give it to this host; its vfolders stay.';
  if (startsAt !== null && startsAt > now) {
    return {
      id: 'expiry',
      state: 'error',
      message: `The SAS is not valid before ${day(startsAt)}, ${duration(startsAt - now)} from now.`,
      hint: 'Wait until then, or make a SAS that begins earlier.',
    };
  }
  if (expiresAt === null) return ok('expiry', 'When the SAS expires is up to its stored access policy.');
  if (expiresAt <= now)
    return {
      id: 'expiry',
      state: 'error',
      message: `The SAS expired on ${day(expiresAt)}, ${duration(now - expiresAt)} ago.`,
      hint: renew,
    };
  if (expiresAt - now < soonMs)
    return {
      id: 'expiry',
      state: 'warning',
      message: `The SAS expires in ${duration(expiresAt - now)}, on ${day(expiresAt)}.`,
      hint: renew,
    };
  return ok('expiry', `The SAS is valid until ${day(expiresAt)}.`);
}

function checkList(settings: HostSettings, listed: Listed, sas: Sas | null, credentials: HostCheck | null): HostCheck {
  const { error } = listed;
  if (error === null) return ok('list', 'Its content can be listed.');
  if (untried.includes(error.code) || (credentials !== null && credentials.state !== 'ok'))
    return skipped('list', 'Listing was not possible yet.');
  if (error.code === 'permission-denied' && sas?.allows?.list === false) {
    return {
      id: 'list',
      state: 'error',
      message: 'The SAS does not allow listing.',
      hint: 'Make a SAS with the permission “List”; an account SAS also needs the resource type “Container”.',
    };
  }
  return error.code === 'not-found' ? missingPlace(settings, error) : failed('list', error);
}

/** Codes that say nothing of the place: it was not come that far. */
const untried: readonly ErrorCode[] = [
  'host-unreachable',
  'stalled',
  'timed-out',
  'cancelled',
  'credentials-rejected',
  'credentials-expired',
  'credentials-missing',
  'clock-wrong',
];

function missingPlace(settings: HostSettings, error: StowageError): HostCheck {
  const hint = 'Correct the name, or make it first.';
  if (settings.kind === 'azure-blob' && (settings.container === null || !/Container/.test(error.data.detail ?? ''))) {
    const message = `There is no account “${settings.account}” at “${hostAndPort(settings.endpoint)}”.`;
    return { id: 'list', state: 'error', message, hint: 'Correct the name of the account, or the endpoint.' };
  }
  if (settings.kind === 'azure-blob') {
    const message = `There is no container “${settings.container}” in the account “${settings.account}”.`;
    return { id: 'list', state: 'error', message, hint };
  }
  if (settings.kind === 's3' && settings.bucket !== null) {
    const message = `There is no bucket “${visible(settings.bucket)}” at ${visible(settings.endpoint ?? 'Amazon S3')}.`;
    return { id: 'list', state: 'error', message, hint };
  }
  return failed('list', error);
}

export const ok = (id: HostCheck['id'], message: string): HostCheck => ({ id, state: 'ok', message, hint: null });
export const skipped = (id: HostCheck['id'], message: string): HostCheck => ({ id, state: 'skipped', message, hint: null });
export const failed = (id: HostCheck['id'], error: StowageError): HostCheck => ({
  id,
  state: 'error',
  message: error.message,
  hint: error.data.hint ?? null,
});

const hostAndPort = (address: string): string => address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
const hostOf = (address: string): string => hostAndPort(address).replace(/:\d+$/, '');
const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const day = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `3 days`, `2 hours`, `5 minutes`: the largest unit that fits. */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ['day', 24 * 60 * minute],
    ['hour', 60 * minute],
    ['minute', minute],
    ['second', 1000],
  ];
  const [name, size] = units.find(([, length]) => ms >= length * (length >= 60 * minute ? 1.95 : 0.95)) ?? ['second', 1000];
  const count = Math.round(ms / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
