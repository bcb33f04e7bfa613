import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { engineIdSchema } from '#shared/contract/engines.ts';
import { StowageError } from '#shared/errors.ts';
import { type DockerConnection, defaultConnection, parseEndpoint, type TlsFiles } from './endpoints.ts';

/**
 * The contexts of the `docker` program, from its own store: `contexts/meta/HASH/meta.json`, and the certificates in
 * `contexts/tls/HASH/docker`. Nothing is written there.
 */

const metaSchema = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string().min(1), SkipTLSVerify: z.boolean().optional() }) }),
});

const configSchema = z.object({ currentContext: z.string().optional() });

/** The name of the context that is always there and has no file. */
export const defaultContext = 'default';

const directoryOf = (environment: NodeJS.ProcessEnv): string => environment.DOCKER_CONFIG || join(homedir(), '.docker');
const folderOf = (name: string): string => createHash('sha256').update(name).digest('hex');

/** The names of all contexts that lead to an engine, sorted. */
export function contextNames(environment: NodeJS.ProcessEnv): string[] {
  const directory = join(directoryOf(environment), 'contexts', 'meta');
  const folders = orNothing(() => readdirSync(directory)) ?? [];
  return folders
    .flatMap((folder) => {
      const name = readAs(metaSchema, join(directory, folder, 'meta.json'))?.Name;
      return name !== undefined && folderOf(name) === folder && engineIdSchema.safeParse(`docker:${name}`).success ? [name] : [];
    })
    .sort();
}

/** The context that `docker` uses now: as DOCKER_HOST, DOCKER_CONTEXT, and `docker context use` say, in this order. */
export function currentContext(environment: NodeJS.ProcessEnv): string {
  if (environment.DOCKER_HOST) return defaultContext;
  const chosen =
    environment.DOCKER_CONTEXT || readAs(configSchema, join(directoryOf(environment), 'config.json'))?.currentContext;
  return chosen || defaultContext;
}

/** Where a context leads. @throws `engine-absent` when it is not there, `bad-request`, `io-error` for its certificates */
export function contextConnection(name: string, environment: NodeJS.ProcessEnv): DockerConnection {
  if (name === defaultContext) {
    const host = environment.DOCKER_HOST;
    return host ? parseEndpoint(host, environmentTls(environment)) : defaultConnection();
  }
  const directory = join(directoryOf(environment), 'contexts');
  const meta = readAs(metaSchema, join(directory, 'meta', folderOf(name), 'meta.json'));
  if (meta?.Name !== name) {
    const names = [defaultContext, ...contextNames(environment)];
    throw new StowageError('engine-absent', `There is no Docker context “${name}”. Those that are there: ${names.join(', ')}.`, {
      subject: name,
      hint: 'Make it with “docker context create”, or choose another engine.',
    });
  }
  const { Host, SkipTLSVerify = false } = meta.Endpoints.docker;
  const tls = tlsFiles(join(directory, 'tls', folderOf(name), 'docker'), !SkipTLSVerify);
  return parseEndpoint(Host, tls ?? (SkipTLSVerify ? { verify: false } : null));
}

/** The certificates that the `docker` program takes from the environment. */
function environmentTls(environment: NodeJS.ProcessEnv): TlsFiles | null {
  const verify = Boolean(environment.DOCKER_TLS_VERIFY);
  if (!verify && !environment.DOCKER_TLS) return null;
  return tlsFiles(environment.DOCKER_CERT_PATH || directoryOf(environment), verify) ?? { verify };
}

/** Null when there is none of them. */
function tlsFiles(directory: string, verify: boolean): TlsFiles | null {
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR')
        return undefined;
      throw new StowageError('io-error', `The certificate “${join(directory, name)}” cannot be read.`, {}, { cause: error });
    }
  };
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  if (ca === undefined && cert === undefined && key === undefined) return null;
  return { verify, ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

/** Null when it is absent or damaged: the `docker` program then goes on without it as well. */
const readAs = <Schema extends z.ZodType>(schema: Schema, path: string): z.infer<Schema> | null =>
  orNothing(() => schema.parse(JSON.parse(readFileSync(path, 'utf8'))));

function orNothing<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
