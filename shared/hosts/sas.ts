import { StowageError } from '../errors.ts';

/** What a shared access signature says of itself. Times are milliseconds since the epoch. */
export interface Sas {
  /** The token without `?`, as it is sent. */
  readonly token: string;
  readonly scope: 'account' | 'container';
  /** Null where a stored access policy decides. */
  readonly expiresAt: number | null;
  readonly startsAt: number | null;
  /** What it allows; null where a stored access policy decides. */
  readonly allows: SasRights | null;
  readonly httpsOnly: boolean;
}

export interface SasRights {
  readonly read: boolean;
  readonly list: boolean;
  readonly write: boolean;
  readonly delete: boolean;
  readonly createContainers: boolean;
}

/**
 * Reads a SAS, with or without its `?`. An expired one is read like any other: whether it still works is not asked here.
 * @throws StowageError `bad-request`; the token is never repeated in it
 */
export function parseSas(text: string): Sas {
  const token = text
    .trim()
    .replace(/^\?/, '')
    .replace(/^&+|&+$/g, '');
  if (token === '') refuse('The SAS is empty.', 'Copy it from the storage account, beginning with “sv=” or “?sv=”.');
  if (/^https?:\/\//i.test(token))
    refuse('This is a whole address, not a SAS.', 'Use the form for a container address with SAS, or give what follows the “?”.');
  if (/(^|;)(AccountKey|SharedAccessSignature|AccountName)=/i.test(token))
    refuse('This is a connection string, not a SAS.', 'Use the form for a connection string.');
  const fields = new Map(token.split('&').map((pair) => splitPair(pair)));
  const field = (name: string): string | null => fields.get(name) ?? null;
  if (!fields.has('sig')) refuse('The SAS has no signature (“sig=”).', 'Copy the whole token; it ends with “sig=…”.');
  if (!/^[A-Za-z0-9+/]{43}=$/.test((field('sig') ?? '').replaceAll(' ', '+')))
    refuse('The signature of the SAS is not whole.', 'Copy the token again, up to its very end.');
  if (!fields.has('sv')) refuse('The SAS does not say its version (“sv=”).', 'Copy the whole token, beginning with “sv=”.');
  const scope = scopeOf(field);
  return {
    token,
    scope,
    expiresAt: timeOf(field('se'), 'expiry (“se=”)'),
    startsAt: timeOf(field('st'), 'start (“st=”)'),
    allows: rightsOf(field, scope),
    httpsOnly: field('spr') === 'https',
  };
}

function scopeOf(field: (name: string) => string | null): Sas['scope'] {
  const services = field('ss');
  if (services !== null) {
    if (!services.includes('b'))
      refuse('This account SAS is not for blobs.', 'Make one that has “Blob” among its allowed services (ss=b).');
    return 'account';
  }
  switch (field('sr')) {
    case 'c':
      return 'container';
    case 'b':
    case 'bv':
    case 'bs':
      return refuse('This SAS is for one blob only.', 'Make a SAS for the container or the account.');
    case 'd':
      return refuse('This SAS is for one directory only.', 'Make a SAS for the container or the account.');
    case 'f':
    case 's':
      return refuse('This SAS is for a file share.', 'Make a SAS for the container or the account.');
    default:
      return refuse('The SAS does not say what it is for (“ss=” or “sr=”).', 'Copy the whole token.');
  }
}

function rightsOf(field: (name: string) => string | null, scope: Sas['scope']): SasRights | null {
  const letters = field('sp');
  if (letters === null) return null;
  const types = scope === 'account' ? (field('srt') ?? '') : 'co';
  const [containers, objects] = [types.includes('c'), types.includes('o')];
  return {
    read: objects && letters.includes('r'),
    list: containers && letters.includes('l'),
    write: objects && letters.includes('w'),
    delete: objects && letters.includes('d'),
    createContainers: scope === 'account' && containers && (letters.includes('c') || letters.includes('w')),
  };
}

function timeOf(text: string | null, what: string): number | null {
  if (text === null || text === '') return null;
  const time = Date.parse(/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(text) ? text.replace('Z', ':00Z') : text);
  if (Number.isNaN(time)) refuse(`The ${what} of the SAS is not a time.`, 'Copy the token again.');
  return time;
}

function splitPair(pair: string): [string, string] {
  const cut = pair.indexOf('=');
  const raw = cut < 0 ? '' : pair.slice(cut + 1);
  try {
    return [cut < 0 ? pair : pair.slice(0, cut), decodeURIComponent(raw)];
  } catch {
    return refuse('The SAS has a “%” that stands for nothing.', 'Copy the token again, without changing it.');
  }
}

function refuse(message: string, hint: string): never {
  throw new StowageError('bad-request', message, { hint });
}
