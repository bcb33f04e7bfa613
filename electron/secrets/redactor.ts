import { type ErrorData, isStowageError, StowageError } from '#shared/errors.ts';
import type { Redactor } from '../services.ts';

const removed = '[secret]';

/** Shorter texts would be found in innocent words. */
const shortest = 6;

/** What is a secret wherever it stands: signatures, keys in connection strings, headers of signed requests. */
const patterns: readonly RegExp[] = [
  /((?:^|[?&;\s"'])sig=)[^&\s"';]+/gi,
  /((?:AccountKey|SharedAccessSignature|SharedAccessKey)=)[^;\s"']+/gi,
  /(X-Amz-(?:Signature|Security-Token)=)[^&\s"']+/gi,
  /(SharedKey(?:Lite)? [^\s:]+:)[A-Za-z0-9+/=]+/g,
  /(AWS4-HMAC-SHA256 .*?Signature=)[0-9a-f]+/g,
  /(x-amz-security-token["']?\s*[:=]\s*["']?)[A-Za-z0-9+/=]+/gi,
];

/** Takes the protected texts, and what looks like a secret anyway, out of texts and errors. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  const text = (given: string): string => {
    let clean = given;
    for (const form of known) if (clean.includes(form)) clean = clean.replaceAll(form, removed);
    for (const pattern of patterns) clean = clean.replace(pattern, `$1${removed}`);
    return clean;
  };
  return {
    protect: (secrets) => {
      for (const secret of secrets) for (const form of formsOf(secret, shortest)) known.add(form);
    },
    text,
    error: (error) => {
      if (typeof error === 'string') return text(error);
      if (!(error instanceof Error)) return error;
      // It may be the whole answer of a service, with the request that was signed.
      if (error.cause !== undefined) error.cause = undefined;
      const clean = isStowageError(error) ? cleanStowageError(error, text) : cleanError(error, text);
      if (clean === error) return error;
      clean.stack = text(error.stack ?? '');
      return clean;
    },
  };
}

function cleanStowageError(error: StowageError, text: (given: string) => string): StowageError {
  const message = text(error.message);
  const entries = Object.entries(error.data).map(([name, value]) => [name, value === undefined ? value : text(value)] as const);
  const data: ErrorData = Object.fromEntries(entries);
  const same = message === error.message && entries.every(([name, value]) => value === error.data[name as keyof ErrorData]);
  return same ? error : new StowageError(error.code, message, data);
}

function cleanError(error: Error, text: (given: string) => string): Error {
  const message = text(error.message);
  if (message === error.message && text(error.stack ?? '') === (error.stack ?? '')) return error;
  const clean = new Error(message);
  clean.name = error.name;
  return clean;
}

/** A secret as it is, and as it is written into addresses, headers and JSON; none of one that is too short. */
export function formsOf(secret: string, shortest: number): string[] {
  if (secret.length < shortest) return [];
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    JSON.stringify(secret).slice(1, -1),
  ];
}
