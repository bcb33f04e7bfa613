/** Debian's package of every command that the server needs. */
export const cephPackages: Readonly<Record<string, string>>;

export interface S3Server {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Buckets are reached as `BUCKET.DOMAIN` too, where that name leads to the endpoint. */
  readonly domain: string;
  /** The file with which Ceph's own tools reach it. */
  readonly configuration: string;
  /** The process that answers, for tests that stop or kill it. */
  readonly gatewayPid: number;
  /** Ends the daemons and removes everything. */
  stop(): Promise<void>;
}

/** Starts a server; `store`: where the objects are kept. Cleans up before it throws, naming what is missing. */
export function startCeph(options?: { store?: 'memory' | 'file' }): Promise<S3Server>;

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
/** Makes a user, who sees no bucket but those it makes. */
export function createUser(configuration: string, name: string, keys: KeyPair): Promise<void>;
/** A key pair for `createUser`. */
export function newKeys(): KeyPair;
