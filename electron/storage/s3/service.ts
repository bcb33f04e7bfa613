import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { HostSettings } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { HostSecret } from '../../services.ts';
import { cancelled } from '../bodies.ts';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpClientOptions } from '../remote/http.ts';
import { createPace, type Pace } from '../remote/pace.ts';
import { withRetries } from '../remote/retries.ts';
import { createDirect, type Direct, type DirectRequest } from './direct.ts';
import { failureOf, type Subject } from './errors.ts';
import { createHttpHandler, type SendOptions } from './http-handler.ts';
import type { Place } from './keys.ts';

export type S3Settings = Extract<HostSettings, { kind: 's3' }>;
export type S3Secret = Extract<HostSecret, { secretAccessKey: string }>;

/** What a request is about. */
export interface Call {
  readonly place: Place | null;
  readonly signal?: AbortSignal | undefined;
}

/** One S3 service: its client, and what all requests to it share. */
export interface S3Service {
  readonly endpoint: string;
  /** Amazon's own, which is known to keep to every condition. */
  readonly isAmazon: boolean;
  readonly uploads: Pace;
  readonly downloads: Pace;
  /**
   * Runs a request, up to three times when it may succeed in a moment; `attempt` counts from 1.
   * @throws StowageError of the closed set
   */
  send<Output>(
    call: Call,
    request: (client: S3Client, options: SendOptions, attempt: number) => Promise<Output>,
  ): Promise<Output>;
  /** Sends a request past the SDK; otherwise as `send`. `onAttempt` hears the number of each try. */
  fetch(place: Place, request: Omit<DirectRequest, 'place'>, onAttempt?: (attempt: number) => void): Promise<HttpAnswer>;
  /** As Direct has them. */
  readonly addresses: Pick<Direct, 'url' | 'presigned'>;
  close(): void;
}

export function createService(settings: S3Settings, secret: S3Secret, http: HttpClientOptions = {}): S3Service {
  const connections = openConnections(parseEndpoint(settings.endpoint), http);
  const client = createClient(settings, secret, createHttpHandler(connections.clientFor, connections.close));
  const { accessKeyId, region, pathStyle } = settings;
  const { clientFor } = connections;
  const direct: Direct = createDirect({
    ...{ client, clientFor, region, pathStyle, endpoint: settings.endpoint },
    keys: { accessKeyId, ...secret },
  });
  const endpoint = settings.endpoint ?? `Amazon S3 (${region})`;
  const uploads = createPace();
  const downloads = createPace();
  const subject = (place: Place | null): Subject => ({
    endpoint,
    bucket: place?.bucket ?? settings.bucket,
    path: place?.path ?? ('' as InnerPath),
  });
  const tried = <Output>({ place, signal }: Call, request: (attempt: number) => Promise<Output>): Promise<Output> =>
    withRetries(
      async (attempt) => {
        try {
          return await request(attempt);
        } catch (error) {
          throw signal?.aborted ? cancelled() : failureOf(error, subject(place));
        }
      },
      signal,
      ({ code }) => {
        if (code !== 'throttled') return;
        uploads.slowDown();
        downloads.slowDown();
      },
    );
  return {
    endpoint,
    isAmazon: isAmazon(settings.endpoint),
    uploads,
    downloads,
    send: (call, request) => {
      const options = call.signal ? { abortSignal: call.signal } : {};
      return tried(call, (attempt) => request(client, options, attempt));
    },
    fetch: (place, request, onAttempt) =>
      tried({ place, signal: request.signal }, (attempt) => {
        onAttempt?.(attempt);
        return direct.send({ ...request, place });
      }),
    addresses: direct,
    close: () => client.destroy(),
  };
}

function isAmazon(endpoint: string | null): boolean {
  if (endpoint === null) return true;
  const host = URL.parse(endpoint)?.hostname ?? '';
  return host.endsWith('.amazonaws.com') || host.endsWith('.amazonaws.com.cn');
}

function parseEndpoint(endpoint: string | null): URL | null {
  if (endpoint === null) return null;
  const url = URL.parse(endpoint);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new StowageError('bad-request', `“${endpoint}” is not the address of an S3 service.`, {
    subject: endpoint,
    hint: 'Addresses begin with https:// or http://.',
  });
}

function createClient(settings: S3Settings, secret: S3Secret, handler: ReturnType<typeof createHttpHandler>): S3Client {
  const { accessKeyId } = settings;
  const { secretAccessKey, sessionToken } = secret;
  const config: S3ClientConfig = {
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    // Other services than Amazon's store the framing of streamed checksums, or refuse it. Bodies carry Content-MD5.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    // Repeated in `send`, by the same rules for every kind of host.
    maxAttempts: 1,
    followRegionRedirects: true,
    requestHandler: handler,
    // Nothing is read from this machine's own settings for AWS.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    useArnRegion: false,
    userAgentAppId: 'stowage',
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  };
  const client = new S3Client(config);
  // The SDK would silently correct for a wrong clock from the second request on. It is told instead, each time.
  Object.defineProperty(client.config, 'systemClockOffset', { get: () => 0, set: nothing });
  return client;
}

function nothing(): void {}

/** One client for each host name: buckets may have names of their own, and regions have. */
function openConnections(
  endpoint: URL | null,
  http: HttpClientOptions,
): { clientFor(hostname: string): HttpClient; close(): void } {
  const clients = new Map<string, HttpClient>();
  return {
    clientFor: (hostname) => {
      const found = clients.get(hostname);
      if (found) return found;
      const port = endpoint?.port ? `:${endpoint.port}` : '';
      const client = createHttpClient(`${endpoint?.protocol ?? 'https:'}//${hostname}${port}`, http);
      clients.set(hostname, client);
      return client;
    },
    close: () => {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
