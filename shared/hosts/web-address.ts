import { StowageError } from '../errors.ts';
import { visible } from '../paths.ts';

/** The parts of an `http` or `https` address. */
export interface WebAddress {
  readonly scheme: 'http' | 'https';
  /** Lower case, without port; an IPv6 address in its brackets. */
  readonly host: string;
  readonly port: number | null;
  /** The segments of the path, decoded; a final `/` leaves none. */
  readonly path: readonly string[];
  /** What follows `?`, as it stands there; `''` without one. */
  readonly query: string;
}

const shape =
  /^(https?):\/\/([^/?#@]*@)?(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(\d{1,5}))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i;

/**
 * Takes an address apart; `what` names it in errors, as in “the endpoint”. The text is never repeated in an error, since
 * what was pasted may hold a secret.
 * @throws StowageError `bad-request`
 */
export function parseWebAddress(text: string, what: string): WebAddress {
  const trimmed = text.trim();
  const refuse = (why: string, hint: string): never => {
    throw new StowageError('bad-request', `${capital(what)} ${why}.`, { hint });
  };
  if (trimmed === '') refuse('is empty', 'Give an address that begins with https:// or http://.');
  if (!/^https?:\/\//i.test(trimmed)) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1];
    refuse(
      scheme ? `begins with ${scheme}://` : 'does not begin with https:// or http://',
      'Give an address that begins with https:// or http://.',
    );
  }
  const [, scheme, user, host, port, path, query] =
    shape.exec(trimmed) ?? refuse('is not an address', 'It looks like https://name.example or http://127.0.0.1:9000.');
  if (user) refuse('has a user name or password in it', 'Take out what stands before “@”; secrets have fields of their own.');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    refuse(`has the port ${port}`, 'Ports are numbers from 1 to 65535.');
  return {
    scheme: (scheme as string).toLowerCase() as WebAddress['scheme'],
    host: (host as string).toLowerCase(),
    port: port === undefined ? null : Number(port),
    path: decodePath(path ?? '', what),
    query: query ?? '',
  };
}

/** `https://host:port`, without a port that is the scheme's own. */
export function origin({ scheme, host, port }: WebAddress): string {
  const usual = scheme === 'https' ? 443 : 80;
  return `${scheme}://${host}${port === null || port === usual ? '' : `:${port}`}`;
}

/** Whether what is sent there stays on this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Whether a host is given by number, or by a name without domain, so that it cannot hold the name of an account. */
export const isBareHost = (host: string): boolean =>
  host.startsWith('[') ||
  /^\d+\.\d+\.\d+\.\d+$/.test(host) ||
  !host.includes('.') ||
  isLoopback(host) ||
  /\.(internal|local)$/.test(host);

function decodePath(path: string, what: string): string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw new StowageError('bad-request', `${capital(what)} has a “%” in its path that stands for nothing.`, {
      hint: 'Copy the whole address again.',
    });
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + visible(text.slice(1));
