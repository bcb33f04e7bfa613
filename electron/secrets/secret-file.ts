import { existsSync, readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { StowageError } from '#shared/errors.ts';
import { writeOwnerOnly } from '../rpc/owner-only.ts';
import type { Sealed } from './sealing.ts';

const sealedSchema = z.object({
  by: z.enum(['keychain', 'key-file', 'passphrase']),
  key: z.string().optional(),
  salt: z.string().optional(),
  bytes: z.string(),
});
const fileSchema = z.object({ version: z.literal(1), hosts: z.record(z.string(), sealedSchema) });

/** The sealed secrets of a data directory, by host, in an owner-only file. */
export interface SecretFile {
  get(hostId: string): Sealed | null;
  /** Null removes it. @throws StowageError `io-error`; then nothing has changed */
  set(hostId: string, sealed: Sealed | null): void;
}

/** Reads the file when it is first needed. One that cannot be understood is put aside: its secrets have to be given again. */
export function createSecretFile(path: string): SecretFile {
  let hosts: ReadonlyMap<string, Sealed> | null = null;
  const read = (): ReadonlyMap<string, Sealed> => {
    hosts ??= load(path);
    return hosts;
  };
  return {
    get: (hostId) => read().get(hostId) ?? null,
    set: (hostId, sealed) => {
      const next = new Map(read());
      if (sealed) next.set(hostId, sealed);
      else if (!next.delete(hostId)) return;
      try {
        writeOwnerOnly(path, `${JSON.stringify({ version: 1, hosts: Object.fromEntries(next) }, null, 2)}\n`);
      } catch (error) {
        throw new StowageError(
          'io-error',
          `The secret cannot be saved: “${path}” cannot be written.`,
          { subject: path, detail: error instanceof Error ? error.message : String(error) },
          { cause: error },
        );
      }
      hosts = next;
    },
  };
}

function load(path: string): ReadonlyMap<string, Sealed> {
  if (!existsSync(path)) return new Map();
  const text = readFileSync(path, 'utf8');
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(text)).hosts) as [string, Sealed][]);
  } catch {
    renameSync(path, `${path}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`);
    return new Map();
  }
}
