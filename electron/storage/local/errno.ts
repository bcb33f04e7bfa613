import { type ErrorCode, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

interface Meaning {
  readonly code: ErrorCode;
  /** The sentence, given the quoted subject. */
  readonly say: (subject: string) => string;
  readonly hint?: string;
}

const unreachable: Meaning = {
  code: 'host-unreachable',
  say: (subject) => `The disk that holds ${subject} does not answer.`,
  hint: 'Check that the disk or network share is connected, then try again.',
};
const full: Meaning = {
  code: 'disk-full',
  say: (subject) => `The disk is full: ${subject} cannot be written.`,
  hint: 'Free some space on the disk, then try again.',
};
const denied: Meaning = {
  code: 'permission-denied',
  say: (subject) => `The system does not allow access to ${subject}.`,
  hint: 'Change the permissions of the file or folder.',
};
const badName: Meaning = { code: 'name-invalid', say: (subject) => `This file system cannot hold the name ${subject}.` };
const busy: Meaning = { code: 'in-use', say: (subject) => `Another program is using ${subject}.` };
const tooManyOpen: Meaning = {
  code: 'io-error',
  say: (subject) => `Too many files are open to open ${subject} as well.`,
  hint: 'Try again when other work has ended.',
};

/** What the system's error numbers mean here. */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: 'not-found', say: (subject) => `${subject} does not exist.` },
  EEXIST: { code: 'exists', say: (subject) => `${subject} exists already.` },
  ENOTDIR: { code: 'not-a-directory', say: (subject) => `${subject} is not a folder, or lies below a file.` },
  EISDIR: { code: 'is-a-directory', say: (subject) => `${subject} is a folder.` },
  ENOTEMPTY: { code: 'not-empty', say: (subject) => `The folder ${subject} is not empty.` },
  EACCES: denied,
  EPERM: denied,
  EROFS: { code: 'read-only', say: (subject) => `${subject} is on a read-only file system.` },
  ENOSPC: full,
  EDQUOT: { ...full, say: (subject) => `Your disk quota is used up: ${subject} cannot be written.` },
  EFBIG: { code: 'unsupported', say: (subject) => `${subject} is larger than this file system can hold.` },
  ENAMETOOLONG: { ...badName, say: (subject) => `The name ${subject} is too long for this file system.` },
  EILSEQ: badName,
  ELOOP: { code: 'path-refused', say: (subject) => `${subject} leads through symbolic links that go round in a circle.` },
  ENXIO: { code: 'special-file', say: (subject) => `${subject} is not a regular file.` },
  EXDEV: { code: 'unsupported', say: (subject) => `${subject} cannot be renamed to another disk; it has to be copied.` },
  EBUSY: busy,
  ETXTBSY: busy,
  EMFILE: tooManyOpen,
  ENFILE: tooManyOpen,
  ESTALE: unreachable,
  ENODEV: unreachable,
  ENOTCONN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
};

/** The system's error name (`ENOENT`), or null for anything else. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * What the file system threw, as an error of the closed set about `subject` (a path or name for people). A StowageError
 * passes unchanged; an unknown error number becomes `io-error`, anything else is left to be `internal`.
 */
export function fromErrno(error: unknown, subject: string): unknown {
  if (error instanceof StowageError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new StowageError('cancelled', 'Cancelled.', {}, { cause: error });
  }
  const errno = errnoOf(error);
  if (errno === null || !(error instanceof Error)) return error;
  const quoted = `“${visible(subject) || '/'}”`;
  const meaning = meanings[errno];
  const data = { subject, detail: error.message, ...(meaning?.hint !== undefined && { hint: meaning.hint }) };
  return meaning
    ? new StowageError(meaning.code, meaning.say(quoted), data, { cause: error })
    : new StowageError('io-error', `The system reported an error with ${quoted} (${errno}).`, data, { cause: error });
}

/** Runs `work`, translating what it throws. */
export async function withErrno<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromErrno(error, subject);
  }
}
