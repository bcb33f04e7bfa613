import type { S3Client } from '@aws-sdk/client-s3';
import type { HttpAnswer, HttpClient } from '../remote/http.ts';
import type { Place } from './keys.ts';
import { createSigner, emptyPayload, encode, unsignedPayload } from './signing.ts';

/** A request for an object, or for a bucket where the key is empty. */
export interface DirectRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly place: Pick<Place, 'bucket' | 'key'>;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case; a body needs `content-md5`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface Direct {
  /** Sends it once. Refusals are thrown in the shape of the SDK's. */
  send(request: DirectRequest): Promise<HttpAnswer>;
  /** The address of an object, or of a bucket, without any authorisation. */
  url(place: DirectRequest['place']): string;
  /** The same with a signature by which anybody may read or write it for so many seconds. */
  presigned(method: 'GET' | 'PUT', place: DirectRequest['place'], seconds: number): string;
}

export interface DirectOptions {
  readonly client: S3Client;
  readonly endpoint: string | null;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
  clientFor(hostname: string): HttpClient;
}

const maxErrorBytes = 65_536;

/**
 * The few requests of which a transfer makes thousands (reading, writing and looking at objects, listing), past the SDK,
 * whose many layers take more time than all the rest of a small file. Where a bucket is found is still asked of the SDK.
 */
export function createDirect(options: DirectOptions): Direct {
  const signer = createSigner(options.keys);
  /** Of buckets that are not in the region of the host, as the service told. */
  const regions = new Map<string, string>();
  const addresses = new Map<string, { origin: string; host: string; hostname: string; path: string }>();
  const addressOf = (bucket: string, region: string) => {
    const known = addresses.get(`${region} ${bucket}`);
    if (known) return known;
    const { url } = options.client.config.endpointProvider({
      Bucket: bucket,
      Region: region,
      ForcePathStyle: options.pathStyle,
      UseFIPS: false,
      UseDualStack: false,
      Accelerate: false,
      UseGlobalEndpoint: false,
      DisableMultiRegionAccessPoints: true,
      ...(options.endpoint !== null && { Endpoint: options.endpoint }),
    });
    const address = { origin: url.origin, host: url.host, hostname: url.hostname, path: url.pathname.replace(/\/+$/, '') };
    addresses.set(`${region} ${bucket}`, address);
    return address;
  };
  const once = async (request: DirectRequest, region: string): Promise<HttpAnswer> => {
    const { method, place, body, signal } = request;
    const { host, hostname, path: base } = addressOf(place.bucket, region);
    const path = pathOf(base, place.key);
    const query = Object.entries(request.query ?? {})
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&');
    const payload = body && body.length > 0 ? unsignedPayload : emptyPayload;
    const headers = signer.sign({ method, path, query, headers: { ...request.headers, host }, payload }, region);
    if (body) headers['content-length'] = String(body.length);
    const sent = { method, path: query === '' ? path : `${path}?${query}`, headers, signal };
    return options.clientFor(hostname).send(body ? { ...sent, body } : sent);
  };
  const regionOf = (bucket: string): string => regions.get(bucket) ?? options.region;
  const send: Direct['send'] = async (request) => {
    const { bucket } = request.place;
    const region = regionOf(bucket);
    const answer = await once(request, region);
    if (answer.status < 300) return answer;
    const actual = answer.headers['x-amz-bucket-region'];
    if (typeof actual === 'string' && actual !== region) {
      answer.discard();
      regions.set(bucket, actual);
      const again = await once(request, actual);
      return again.status < 300 ? again : refuse(again);
    }
    return refuse(answer);
  };
  return {
    send,
    url: ({ bucket, key }) => {
      const { origin, path } = addressOf(bucket, regionOf(bucket));
      return origin + pathOf(path, key);
    },
    presigned: (method, { bucket, key }, seconds) => {
      const region = regionOf(bucket);
      const { origin, host, path: base } = addressOf(bucket, region);
      const path = pathOf(base, key);
      return `${origin}${path}?${signer.presign({ method, path, host, seconds }, region)}`;
    },
  };
}

const pathOf = (base: string, key: string): string => `${base}/${key.split('/').map(encode).join('/')}`;

async function refuse(answer: HttpAnswer): Promise<never> {
  const xml = (await answer.bytes(maxErrorBytes)).toString('utf8');
  const tag = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const code = tag('Code');
  throw Object.assign(new Error(tag('Message') ?? code ?? ''), {
    name: code ?? 'Refused',
    $metadata: { httpStatusCode: answer.status, requestId: answer.headers['x-amz-request-id'] },
    $response: { headers: answer.headers },
  });
}
