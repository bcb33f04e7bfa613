import { open } from 'node:fs/promises';
import { type ErrorCode, StowageError } from '#shared/errors.ts';

const tailBytes = 16_384;

/** The end of what rclone said. */
export async function logTail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

interface Meaning {
  readonly words: RegExp;
  readonly code: ErrorCode;
  readonly message: (source: string) => string;
  readonly hint: string;
}

/** What rclone and the services say when a mount does not come about, most specific first. */
const meanings: readonly Meaning[] = [
  {
    words:
      /fusermount.*(permission denied|operation not permitted)|mount.*operation not permitted|\/dev\/fuse.*(denied|not permitted)/i,
    code: 'mount-failed',
    message: () => 'This machine does not allow to mount by FUSE here.',
    hint: 'Inside a container FUSE needs the capability SYS_ADMIN and the device /dev/fuse. Copy the folder instead.',
  },
  {
    words: /allow_other.*user_allow_other|user_allow_other/i,
    code: 'mount-failed',
    message: () => 'Mounts by FUSE may not be opened to other users on this machine.',
    hint: 'Add the line “user_allow_other” to /etc/fuse.conf, or copy the folder instead.',
  },
  {
    words: /AuthenticationFailed|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidAuthenticationInfo|InvalidToken|ExpiredToken/i,
    code: 'credentials-rejected',
    message: (source) => `The service refused the credentials when “${source}” was mounted.`,
    hint: 'Test the storage host, and give its credentials again.',
  },
  {
    words: /AuthorizationFailure|AuthorizationPermissionMismatch|AuthorizationResourceTypeMismatch|AccessDenied|\b403\b/i,
    code: 'permission-denied',
    message: (source) => `The credentials do not allow what mounting “${source}” needs.`,
    hint: 'They have to allow listing and reading, and for a writable mount writing and deleting.',
  },
  {
    words: /ContainerNotFound|NoSuchBucket|directory not found|container does not exist|bucket does not exist/i,
    code: 'not-found',
    message: (source) => `“${source}” is not there: its container or bucket was not found.`,
    hint: 'Check that it still exists.',
  },
  {
    words: /x509|certificate/i,
    code: 'host-unreachable',
    message: (source) => `The service that holds “${source}” shows a certificate that rclone does not trust.`,
    hint: 'For an authority of your own, name its file in NODE_EXTRA_CA_CERTS and start Stowage again.',
  },
  {
    words:
      /no such host|connection refused|i\/o timeout|network is unreachable|no route to host|deadline exceeded|Client\.Timeout/i,
    code: 'host-unreachable',
    message: (source) => `The service that holds “${source}” does not answer.`,
    hint: 'Check the network, and test the storage host.',
  },
  {
    words: /no space left on device/i,
    code: 'disk-full',
    message: () => 'The disk is full: there is no room for the cache of a mount.',
    hint: 'Free space beside the data directory.',
  },
];

/** What went wrong with the mount of `source`, from rclone's own words; `log` has been cleaned of secrets. */
export function mountFailure(source: string, log: string, happened: string): StowageError {
  const detail = lastLines(log) || undefined;
  const meaning = meanings.find(({ words }) => words.test(log));
  if (!meaning)
    return new StowageError('mount-failed', `“${source}” could not be mounted: ${happened}.`, {
      subject: source,
      detail,
      hint: 'Copy the folder instead of sharing it.',
    });
  return new StowageError(meaning.code, meaning.message(source), { subject: source, detail, hint: meaning.hint });
}

/** The last few lines, without dates. */
function lastLines(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '').trim())
    .filter((line) => line !== '');
  return lines.slice(-6).join('\n').slice(-2_000);
}
