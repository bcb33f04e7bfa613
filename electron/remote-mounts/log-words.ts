import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
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

/** Whether rclone gave an error to whoever read or wrote: it says so each time. The log is bounded, see rclone-process.ts. */
export async function toldErrors(path: string): Promise<boolean> {
  const source = createReadStream(path, 'utf8');
  // One that is not there says nothing; `once` hears of it, and the lines end.
  source.on('error', () => undefined);
  for await (const line of createInterface({ input: source })) if (/ ERROR : (.*: )?IO error: /.test(line)) return true;
  return false;
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

const dated = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /;
/** Of the many lines in which a service's refusal is repeated, those that say what it was. */
const telling = /ServiceCode=|RESPONSE Status|status code: \d|dial tcp|x509/;

/** Where in its source a library noticed it. */
const origin = / -> github\.com\/\S+, \S+$/;

/** The last few lines that say something, without dates and each once. */
export function lastLines(log: string): string {
  const all = log.split('\n').filter((line) => line.trim() !== '');
  const said = all.filter((line) => dated.test(line) || telling.test(line));
  const lines = (said.length > 0 ? said : all).map((line) => line.replace(dated, '').replace(origin, '').trim());
  return [...new Set(lines.toReversed())].slice(0, 6).toReversed().join('\n').slice(-2_000);
}
