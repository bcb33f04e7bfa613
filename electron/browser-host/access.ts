import type { IncomingHttpHeaders } from 'node:http';
import { browserHost } from '#shared/bridge.ts';
import { equalSecrets, randomSecret } from '../rpc/owner-only.ts';

/** Signed-in browsers at a time; the one signed in first goes first. */
const maxSessions = 64;

interface Session {
  readonly cookie: string;
  readonly value: string;
}

/**
 * Who may use the browser host. A key, which only the owner can read and which works once, is exchanged for a cookie and a session
 * value, and both are needed from then on: browsers send cookies to every port of a host, so also to ports that jobs
 * publish, but the session value only to this one. All are kept in memory and end with the process.
 */
export interface Access {
  /** Exchanges the key, which is worthless from then on; null when it is wrong. A browser that is signed in gets the session it has. */
  signIn(headers: IncomingHttpHeaders): { session: string; setCookie: string } | null;
  /** Cookie and session value agree. */
  hasSession(headers: IncomingHttpHeaders, value: string | undefined): boolean;
  /** The cookie alone: only for downloads and previews, whose addresses hold a ticket. */
  hasCookie(headers: IncomingHttpHeaders): boolean;
}

/**
 * `publish` puts a key where only the owner finds it; it is called now and after each sign-in, since browsers keep the
 * addresses that they were sent to.
 */
export function createAccess(port: number, publish: (key: string) => void): Access {
  let key = randomSecret();
  publish(key);
  const renew = (): void => {
    const next = randomSecret();
    try {
      publish(next);
      key = next;
    } catch {
      // On a full disk the old file stays, and its key must go on working.
    }
  };
  // Cookies ignore ports: the name keeps two hosts on one machine apart.
  const cookieName = `stowage-${port}`;
  const sessions: Session[] = [];
  const byCookie = (headers: IncomingHttpHeaders): Session | undefined => {
    const cookies = readCookies(headers.cookie, cookieName);
    return sessions.find((session) => cookies.some((cookie) => equalSecrets(cookie, session.cookie)));
  };
  return {
    signIn: (headers) => {
      const given = headers[browserHost.keyHeader];
      if (typeof given !== 'string' || !equalSecrets(given, key)) return null;
      renew();
      let session = byCookie(headers);
      if (!session) {
        session = { cookie: randomSecret(), value: randomSecret() };
        sessions.push(session);
        if (sessions.length > maxSessions) sessions.shift();
      }
      return { session: session.value, setCookie: `${cookieName}=${session.cookie}; Path=/; HttpOnly; SameSite=Strict` };
    },
    hasSession: (headers, value) => {
      const session = byCookie(headers);
      return session !== undefined && value !== undefined && equalSecrets(value, session.value);
    },
    hasCookie: (headers) => byCookie(headers) !== undefined,
  };
}

/** Every value under this name: another port may have set a cookie of the same name beside ours. */
function readCookies(header: string | undefined, name: string): string[] {
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1))
    .slice(0, 8);
}
