import { type ErrorCode, type ErrorData, isStowageError, StowageError } from '#shared/errors.ts';
import type { EngineWords } from './engine-words.ts';

/** What a call to the engine was about, for the sentence that a person reads. */
export interface CallSubject {
  readonly image?: string | undefined;
  readonly container?: string | undefined;
  readonly command?: string | undefined;
}

/** The fields that dockerode and Node put on their errors. */
interface RawError {
  readonly message: string;
  readonly code: string | null;
  readonly status: number | null;
}

export const noAnswer = ({ name, silence }: EngineWords): StowageError =>
  new StowageError('engine-error', `${name} does not answer in time.`, { hint: silence });

const absentCodes = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ENOTSOCK',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ESSH',
]);

function rawError(error: unknown): RawError {
  if (typeof error !== 'object' || error === null) return { message: String(error), code: null, status: null };
  const { message, code, statusCode, json } = error as Record<string, unknown>;
  const words = typeof json === 'object' && json !== null ? (json as Record<string, unknown>).message : undefined;
  return {
    message: typeof words === 'string' ? words : typeof message === 'string' ? message : String(error),
    code: typeof code === 'string' ? code : null,
    status: typeof statusCode === 'number' ? statusCode : null,
  };
}

/** The HTTP status that the engine answered with, or null when it was no answer. */
export const statusOf = (error: unknown): number | null => rawError(error).status;

/** The engine's own words. */
export const wordsOf = (error: unknown): string => rawError(error).message;

/** A container of this name is there. */
export const isNameTaken = (error: unknown): boolean => {
  const { status, message } = rawError(error);
  // Podman answers so with 500.
  return status === 409 || (status === 500 && /name .* is already in use/i.test(message));
};

/** The connection failed or broke: whether the engine did what was asked is not known. */
export const isConnectionError = (error: unknown): boolean => {
  if (isStowageError(error)) return error.code === 'engine-absent';
  const { code, status } = rawError(error);
  return status === null && code !== null && absentCodes.has(code);
};

/** The other side, or this one, did not like the keys or certificates. */
const isRefusal = ({ code, message }: RawError): boolean =>
  code === 'ESSH'
    ? /permission denied|host key verification failed|too many authentication failures/i.test(message)
    : /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_(SSL|TLS)_|^EPROTO$/.test(code ?? '');

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

const gpuWords = /could not select device driver|nvidia-container-cli|CDI device|cdi device injection/i;
const mountWords =
  /invalid mount config|bind source path|error mounting|not a directory: unknown|mount .* onto|mounts denied|mountpoint|duplicate mount point|read-only file system: unknown|mount path must be absolute|not shared from/i;
const missingCommandWords = /executable file not found|no such file or directory: unknown|stat .*: no such file or directory/i;
const deniedCommandWords = /permission denied: unknown|exec.*permission denied|exec format error|is a directory: unknown/i;

/** Every failure of a call to the engine as an error of the closed set; the engine's words are the `detail`. */
export function engineError(error: unknown, subject: CallSubject, words: EngineWords): StowageError {
  if (isStowageError(error)) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new StowageError('cancelled', 'Cancelled.', {}, { cause: error });
  const raw = rawError(error);
  const make = (code: ErrorCode, message: string, data: ErrorData = {}): StowageError =>
    new StowageError(code, message, { detail: raw.message.trim(), ...data }, { cause: error });

  if (raw.status === null) {
    const { name, where } = words;
    if (raw.code === 'EACCES' || raw.code === 'EPERM')
      return make('engine-permission', `${name} is running, but you are not allowed to use it.`, { hint: words.permission });
    if (isRefusal(raw))
      return make('engine-permission', `${name} ${where} refuses the connection: ${lastLine(raw.message)}`, {
        hint: words.permission,
      });
    if (raw.code === 'ESSH')
      return make('engine-absent', `${name} does not answer ${where}: ${lastLine(raw.message)}`, { hint: words.start });
    if (isConnectionError(error)) return make('engine-absent', `${name} does not answer ${where}.`, { hint: words.start });
    return make('engine-error', `The call to ${name} failed.`);
  }
  return answeredError(raw, subject, words.name, make);
}

/** Failures in which the engine answered: told apart by its words, most specific first. */
function answeredError(
  { message, status }: RawError,
  { image, container, command }: CallSubject,
  engine: string,
  make: (code: ErrorCode, message: string, data?: ErrorData) => StowageError,
): StowageError {
  if (/no such image|image .*not found|manifest unknown/i.test(message))
    return make('image-missing', `The image “${image ?? ''}” is not on this machine.`, {
      subject: image,
      hint: 'Pull the image, or choose one that is there.',
    });
  if (/no such container/i.test(message))
    return make('not-found', 'The container of this run is no longer there.', { subject: container });
  if (gpuWords.test(message))
    return make('unsupported', 'The engine cannot give this run the GPUs that it asks for.', {
      hint: 'Install the NVIDIA container toolkit on the machine of the engine, or run it without GPUs.',
    });
  if (mountWords.test(message))
    return make('mount-failed', `${engine} could not mount a folder of this run.`, {
      hint: 'Check that every source exists and that no target lies where it cannot be made.',
    });
  if (/cannot overwrite (non-)?directory|copier: put: .*file exists/i.test(message))
    return make('mount-failed', 'A link or folder of this run cannot be made: the image has something else in its place.', {
      hint: 'Choose another place for it.',
    });
  if (command !== undefined && missingCommandWords.test(message)) return commandNotFound(command, image, message);
  if (command !== undefined && deniedCommandWords.test(message)) return commandNotExecutable(command, image, message);
  if (/invalid reference format/i.test(message))
    return make('image-missing', `“${image ?? ''}” is not the name of an image.`, { subject: image });
  if (/working directory/i.test(message))
    return make('bad-request', 'The working directory of this run must be an absolute path.', {});
  if (status === 400) return make('bad-request', `${engine} refused the request: ${message.trim()}`);
  return make('engine-error', `${engine} failed: ${message.trim()}`);
}

export const commandNotFound = (command: string, image: string | undefined, detail?: string): StowageError =>
  new StowageError('command-not-found', `The command “${command}” was not found in the image${image ? ` “${image}”` : ''}.`, {
    subject: command,
    detail,
    hint: 'Check the spelling, or give the full path of the command.',
  });

export const commandNotExecutable = (command: string, image: string | undefined, detail?: string): StowageError =>
  new StowageError(
    'command-not-executable',
    `The command “${command}” is there but cannot be executed in the image${image ? ` “${image}”` : ''}.`,
    { subject: command, detail, hint: 'Make it executable (chmod +x), or run it through its interpreter, such as “sh FILE”.' },
  );
