import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { ResolvedPlace } from '../services.ts';
import { hasLocalPath } from '../storage/provider.ts';

/**
 * Where a file or folder of a vfolder is on this machine; null when it is not there as itself: at a host, or packed.
 * The storage looks at it, so what a link leads out of the vfolder is refused.
 * @throws `not-found`, `path-refused`, `special-file`
 */
export async function localPathOf({ provider, path }: ResolvedPlace, packed: boolean): Promise<string | null> {
  if (!hasLocalPath(provider) || packed) return null;
  const { kind } = await provider.stat(path);
  if (kind === 'special') {
    throw new StowageError('special-file', `“${visible(path)}” is a device, a pipe or a socket and is left alone.`, {
      subject: path,
    });
  }
  if (kind !== 'directory') await headOf({ provider, path }, 0);
  return provider.localPath(path);
}

/** The first bytes of a file, followed only while it stays inside. */
export async function headOf({ provider, path }: Pick<ResolvedPlace, 'provider' | 'path'>, length: number): Promise<Uint8Array> {
  const { body } = await provider.read(path, { length });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
