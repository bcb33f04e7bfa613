import type { Problem } from '#shared/contract/base.ts';
import { type ErrorCode, StowageError, toStowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

const byErrno: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'disk-full',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOENT: 'not-found',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  ENAMETOOLONG: 'name-invalid',
  EINVAL: 'name-invalid',
  EILSEQ: 'name-invalid',
  ELOOP: 'path-refused',
  ENXIO: 'special-file',
};

/** The code of the closed set for a failed system call; `io-error` for one without its own. */
export const codeOfErrno = (errno: string | undefined): ErrorCode => (errno && byErrno[errno]) || 'io-error';

/** A sentence for people about one file of a transfer. */
export function fileError(code: ErrorCode, path: string, detail?: string): StowageError {
  const name = `“${visible(path)}”`;
  const [message, hint] = sentence(code, name);
  return new StowageError(code, message, { subject: path, ...(detail && { detail }), ...(hint && { hint }) });
}

function sentence(code: ErrorCode, name: string): [string, string?] {
  switch (code) {
    case 'disk-full':
      return [`The disk is full: ${name} could not be written.`, 'Free some space at the destination, then retry the transfer.'];
    case 'source-changed':
      return [`${name} changed while it was copied, so it was left out.`, 'Retry once nothing writes to it any more.'];
    case 'checksum-mismatch':
      return [`${name} did not arrive as it was sent: its checksum differs.`, 'Retry; if it happens again, check the disk.'];
    case 'permission-denied':
      return [`Permission denied for ${name}.`, 'Allow your user to read the source and to write the destination, then retry.'];
    case 'not-found':
      return [`${name} is gone.`, 'It was removed or renamed after the transfer had begun.'];
    case 'special-file':
      return [`${name} is not a regular file (a pipe, socket or device), so it was left out.`];
    case 'path-refused':
      return [`${name} is refused: a link on its way leads out of the folder.`];
    case 'name-invalid':
      return [`The destination cannot hold the name ${name}.`, 'Rename it, then retry.'];
    case 'is-a-directory':
      return [`A folder is in the way of ${name}.`, 'Rename or remove the folder, or choose to keep both.'];
    case 'not-a-directory':
      return [`A file is in the way of a folder of ${name}.`, 'Rename or remove that file, then retry.'];
    case 'bad-request':
      return [`${name} is the same file at the source and at the destination.`, 'Choose another folder, or keep both.'];
    case 'precondition-failed':
      return [`${name} was changed at the destination meanwhile, so it was not overwritten.`, 'Retry to look at it again.'];
    default:
      return [`${name} could not be copied because of an input/output error.`, 'Retry the transfer.'];
  }
}

/** An error as it is stored. `path` is named when what was thrown is a bare system error. */
export function toProblem(error: unknown, path: string): Problem {
  if (error instanceof Error && 'errcode' in error) {
    // SQLITE_FULL: the disk of the data directory, not that of the destination.
    const full = Number(error.errcode) === 13;
    return {
      code: full ? 'disk-full' : 'io-error',
      message: full ? 'The disk of Stowage’s own data directory is full.' : 'The journal of the transfer could not be written.',
      detail: error.message,
      hint: full ? 'Free some space there, then retry the transfer.' : 'Retry the transfer.',
    };
  }
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const known =
    !(error instanceof StowageError) && errno?.startsWith('E')
      ? fileError(codeOfErrno(errno), path, error instanceof Error ? error.message : undefined)
      : toStowageError(error);
  return { code: known.code, message: known.message, ...known.data };
}
