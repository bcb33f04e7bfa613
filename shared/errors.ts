/**
 * The closed set of errors of Stowage. An error is data: a code, what it is about, and what the person
 * can do next. It crosses the contract unchanged (see contract/base.ts).
 */

/** What a person can do about an error; screens turn it into a button or a sentence. */
export type ErrorAction =
  | 'retry'
  | 'change-request'
  | 'choose-other-name'
  | 'edit-credentials'
  | 'free-disk'
  | 'fix-clock'
  | 'fix-permissions'
  | 'start-engine'
  | 'pull-image'
  | 'report'
  | 'none';

interface ErrorKind {
  /** Worth trying again unchanged. */
  readonly retryable: boolean;
  readonly action: ErrorAction;
  /** Exit code of the command line (BSD sysexits where one fits). */
  readonly exitCode: number;
}

const kind = (retryable: boolean, action: ErrorAction, exitCode = 1): ErrorKind => ({ retryable, action, exitCode });

export const errorKinds = {
  'bad-request': kind(false, 'change-request', 64),
  'name-invalid': kind(false, 'choose-other-name', 64),
  'name-reserved': kind(false, 'choose-other-name', 64),
  'name-taken': kind(false, 'choose-other-name', 73),
  'not-found': kind(false, 'change-request', 66),
  exists: kind(false, 'choose-other-name', 73),
  'not-a-directory': kind(false, 'change-request', 66),
  'is-a-directory': kind(false, 'change-request', 66),
  'not-empty': kind(false, 'change-request', 73),
  'permission-denied': kind(false, 'fix-permissions', 77),
  'read-only': kind(false, 'change-request', 77),
  'disk-full': kind(false, 'free-disk', 74),
  'path-refused': kind(false, 'change-request', 64),
  'special-file': kind(false, 'none', 65),
  'source-changed': kind(true, 'retry', 75),
  'checksum-mismatch': kind(true, 'retry', 74),
  'precondition-failed': kind(false, 'change-request', 75),
  unsupported: kind(false, 'change-request', 69),
  'in-use': kind(true, 'change-request', 75),
  'host-unreachable': kind(true, 'retry', 69),
  'credentials-rejected': kind(false, 'edit-credentials', 77),
  /** A SAS or session token ran out. */
  'credentials-expired': kind(false, 'edit-credentials', 77),
  /** A secret that was kept only for a session, or by another shell, has to be given again. */
  'credentials-missing': kind(false, 'edit-credentials', 77),
  /** The service refuses requests because this machine's clock is wrong. */
  'clock-wrong': kind(false, 'fix-clock', 75),
  /** The service asks to slow down; tried again with growing pauses before it is told. */
  throttled: kind(true, 'retry', 75),
  stalled: kind(true, 'retry', 75),
  'io-error': kind(true, 'retry', 74),
  'engine-absent': kind(true, 'start-engine', 69),
  'engine-permission': kind(false, 'fix-permissions', 77),
  'engine-error': kind(true, 'retry', 70),
  'image-missing': kind(false, 'pull-image', 125),
  'pull-failed': kind(true, 'retry', 125),
  'command-not-found': kind(false, 'change-request', 127),
  'command-not-executable': kind(false, 'change-request', 126),
  'mount-failed': kind(false, 'change-request', 125),
  'plan-conflict': kind(false, 'change-request', 64),
  'wrong-state': kind(false, 'none', 65),
  cancelled: kind(true, 'none', 130),
  'timed-out': kind(true, 'retry', 124),
  /** A job's command ended with another code than 0, or was killed. */
  'job-failed': kind(false, 'change-request', 1),
  'already-running': kind(false, 'none', 75),
  unauthorised: kind(false, 'none', 77),
  'data-damaged': kind(false, 'report', 70),
  internal: kind(false, 'report', 70),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export const errorCodes = Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]];

/** What crosses the contract beside the code and the message. */
export interface ErrorData {
  /** What the error is about: a path, a name, an image, a host. */
  subject?: string | undefined;
  /** Technical detail for the "Details" fold: the underlying message, never a secret. */
  detail?: string | undefined;
  /** What to do, in a sentence, when it is more than the action's name says. */
  hint?: string | undefined;
}

/** An error of the closed set. `message` is a whole sentence for people, naming the subject. */
export class StowageError extends Error {
  override readonly name = 'StowageError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.data = data;
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable;
  }

  get action(): ErrorAction {
    return errorKinds[this.code].action;
  }

  get exitCode(): number {
    return errorKinds[this.code].exitCode;
  }
}

export const isStowageError = (error: unknown, ...codes: ErrorCode[]): error is StowageError =>
  error instanceof StowageError && (codes.length === 0 || codes.includes(error.code));

/** Anything thrown, as an error of the closed set; what is not one of ours becomes `internal` with its text as detail. */
export function toStowageError(error: unknown): StowageError {
  if (error instanceof StowageError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new StowageError('cancelled', 'Cancelled.', {}, { cause: error });
  const detail = error instanceof Error ? error.message : String(error);
  return new StowageError('internal', 'Something went wrong inside Stowage.', { detail }, { cause: error });
}

/** Makes a `switch` over a closed set exhaustive at compile time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
