import { createHash, createHmac } from 'node:crypto';

/** What is signed of a request, by Signature Version 4. */
export interface Signable {
  readonly method: string;
  /** Encoded as it is sent. */
  readonly path: string;
  /** Encoded and in order, as it is sent. */
  readonly query: string;
  /** Names in lower case, `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

export interface Signer {
  /** The headers with those that make the request valid now. */
  sign(request: Signable, region: string): Record<string, string>;
  /** The query of a URL by which anybody may send the request for so many seconds from now on. */
  presign(request: Pick<Signable, 'method' | 'path'> & { host: string; seconds: number }, region: string): string;
}

/** SHA-256 of nothing. */
export const emptyPayload = createHash('sha256').digest('hex');
/** For bodies that Content-MD5, itself signed, guards: a second sum over them would add nothing. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

export function createSigner(keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }): Signer {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  /** A key holds for a day and a region. */
  let derived: { scope: string; key: Buffer } | null = null;
  const keyFor = (date: string, region: string): { scope: string; key: Buffer } => {
    const scope = `${date}/${region}/s3/aws4_request`;
    if (derived?.scope === scope) return derived;
    const parts = [date, region, 's3', 'aws4_request'];
    let key: string | Buffer = `AWS4${secretAccessKey}`;
    for (const part of parts) key = createHmac('sha256', key).update(part).digest();
    derived = { scope, key: key as Buffer };
    return derived;
  };
  return {
    sign: ({ method, path, query, headers, payload }, region) => {
      const time = timeNow();
      const { scope, key } = keyFor(time.slice(0, 8), region);
      const all: Record<string, string> = { ...headers, 'x-amz-content-sha256': payload, 'x-amz-date': time };
      if (sessionToken !== undefined) all['x-amz-security-token'] = sessionToken;
      const names = Object.keys(all).sort();
      const signed = names.join(';');
      const lines = names.map((name) => `${name}:${all[name]?.trim()}\n`).join('');
      const canonical = `${method}\n${path}\n${query}\n${lines}\n${signed}\n${payload}`;
      const signature = signatureOf(canonical, { time, scope, key });
      all.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
      return all;
    },
    presign: ({ method, path, host, seconds }, region) => {
      const time = timeNow();
      const { scope, key } = keyFor(time.slice(0, 8), region);
      const query = Object.entries({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${accessKeyId}/${scope}`,
        'X-Amz-Date': time,
        'X-Amz-Expires': String(seconds),
        ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
        'X-Amz-SignedHeaders': 'host',
      })
        .map(([name, value]) => `${name}=${encode(value)}`)
        .join('&');
      const canonical = `${method}\n${path}\n${query}\nhost:${host}\n\nhost\n${unsignedPayload}`;
      return `${query}&X-Amz-Signature=${signatureOf(canonical, { time, scope, key })}`;
    },
  };
}

const timeNow = (): string => new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');

function signatureOf(canonical: string, { time, scope, key }: { time: string; scope: string; key: Buffer }): string {
  const digest = createHash('sha256').update(canonical).digest('hex');
  return createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`).digest('hex');
}

/** Everything but letters, digits and `-_.~` in percent signs, as the signature wants it. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
