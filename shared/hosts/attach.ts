import type { HostAttach, HostSettings } from '../contract/hosts.ts';
import { assertNever, StowageError } from '../errors.ts';
import { visible } from '../paths.ts';
import { emulatorAccount, emulatorKey, parseAzureAttach } from './azure-attach.ts';
import type { HostSecret } from './host-secret.ts';
import { parseS3Attach } from './s3-attach.ts';

/** What a person gave to attach a host, read: how it is reached, and the secret apart from it (null: it needs none). */
export interface ParsedAttach {
  readonly settings: HostSettings;
  readonly secret: HostSecret | null;
}

/**
 * Reads any form. Nothing is asked of the network or the disk, so what is refused here cannot be right.
 * @throws StowageError `bad-request`, `path-refused`, never with a secret in it
 */
export function parseAttach(attach: HostAttach): ParsedAttach {
  switch (attach.form) {
    case 'local':
      return { settings: { kind: 'local', root: parseLocalRoot(attach.root) }, secret: null };
    case 's3':
      return parseS3Attach(attach);
    case 'azure-connection-string':
    case 'azure-key':
    case 'azure-sas':
    case 'azure-container-sas':
    case 'azure-emulator':
      return parseAzureAttach(attach);
    default:
      return assertNever(attach);
  }
}

/** The secret that everybody knows, of the emulator's account; null for any other host. */
export const wellKnownSecret = (settings: HostSettings): HostSecret | null =>
  settings.kind === 'azure-blob' && settings.account === emulatorAccount && settings.auth === 'key' ? { key: emulatorKey } : null;

export const isWellKnown = (settings: HostSettings, secret: HostSecret): boolean =>
  wellKnownSecret(settings) !== null && 'key' in secret && secret.key === emulatorKey;

/** What is on a host, for people: a directory, an account, a bucket. */
export function hostRoot(settings: HostSettings): string {
  switch (settings.kind) {
    case 'local':
      return settings.root;
    case 'azure-blob': {
      const host = settings.endpoint.replace(/^https?:\/\//, '');
      const account = /^[^/]+\.blob\.core\.windows\.net$/.test(host) ? settings.account : host;
      return [account, settings.container, settings.prefix].filter(Boolean).join('/');
    }
    case 's3':
      return [settings.endpoint?.replace(/^https?:\/\//, '') ?? 'Amazon S3', settings.bucket, settings.prefix]
        .filter(Boolean)
        .join('/');
    case 'memory':
      return 'memory';
    default:
      return assertNever(settings);
  }
}

/** Whether two settings lead to the same data, whoever is let in. */
export const isSamePlace = (one: HostSettings, other: HostSettings): boolean => placeKey(one) === placeKey(other);

function placeKey(settings: HostSettings): string {
  switch (settings.kind) {
    case 'local':
    case 'memory':
      return `${settings.kind} ${settings.kind === 'local' ? settings.root : ''}`;
    case 'azure-blob':
    case 's3': {
      const within = settings.kind === 's3' ? settings.bucket : settings.container;
      // The scheme is a matter of how, not where.
      const endpoint = (settings.endpoint ?? '').replace(/^https?:/, '').toLowerCase();
      return JSON.stringify([settings.kind, endpoint, within, settings.prefix]);
    }
    default:
      return assertNever(settings);
  }
}

function parseLocalRoot(text: string): string {
  const root = text.trim();
  const refuse = (why: string, hint: string): never => {
    throw new StowageError('bad-request', `“${visible(root)}” ${why}.`, { subject: root, hint });
  };
  if (root === '') throw new StowageError('bad-request', 'The directory is not named.', { hint: 'Give its whole path.' });
  if (root.includes('\0')) refuse('has a NUL byte in it', 'Give the path of a directory.');
  if (/^file:\/\//i.test(root)) refuse('is an address, not a path', 'Give the path, beginning with “/”.');
  if (!/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(root))
    refuse('is not a whole path', 'Give the path from the very beginning, e.g. /data.');
  if (/(^|[\\/])\.\.?([\\/]|$)/.test(root)) refuse('has “.” or “..” in it', 'Give the path without them.');
  const bare = root.replace(/(?<=.)[\\/]+$/, '');
  return /^[A-Za-z]:$/.test(bare) ? `${bare}\\` : bare;
}
