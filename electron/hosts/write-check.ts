import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { HostCheck } from '#shared/contract/hosts.ts';
import { type ErrorCode, isStowageError, toStowageError } from '#shared/errors.ts';
import type { Sas } from '#shared/hosts/sas.ts';
import { parentPath, parseInnerPath, rootPath, visible } from '#shared/paths.ts';
import { hasContainers, hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import type { CheckSubject } from './checks.ts';

const asReadOnly = 'Add the host as read-only, or use credentials that may write.';
/** Taking the probe away again has a time of its own: it must not stay because a test was cancelled. */
const removalMs = 5000;

const check = (state: HostCheck['state'], message: string, hint: string | null = null): HostCheck => ({
  id: 'write',
  state,
  message,
  hint,
});

/** Whether a host can be written: by what its credentials say, and with `write` by writing a small object. */
export async function checkWrite(
  { settings, readOnly, provider }: CheckSubject,
  found: { sas: Sas | null; listed: boolean; write: boolean; lastWrite: HostCheck | null; signal: AbortSignal },
): Promise<HostCheck> {
  if (readOnly) return check('skipped', 'The host is read-only for Stowage, so nothing is written.');
  if (!found.listed) return check('skipped', 'Writing was not tried, since the host cannot be listed.');
  const allows = found.sas?.allows;
  if (allows && !allows.write) return check('error', 'The SAS does not allow writing.', asReadOnly);
  if (allows && !allows.delete) {
    return check(
      'warning',
      'The SAS allows writing, but no deleting: nothing can be moved or purged.',
      'Make a SAS with the permission “Delete”.',
    );
  }
  if (hasContainers(provider)) {
    return allows && !allows.createContainers
      ? check(
          'warning',
          'The SAS does not allow making containers, so no vfolder can be created here.',
          'Link containers that are there already.',
        )
      : check('skipped', 'Writing is not tried on a whole account: vfolders there are containers of their own.');
  }
  if (hasLocalPath(provider) && !(await isWritable(provider.localPath(rootPath)))) {
    const root = settings.kind === 'local' ? settings.root : provider.localPath(rootPath);
    return check(
      'error',
      `The folder “${visible(root)}” cannot be written.`,
      'Change its permissions, or add the host as read-only.',
    );
  }
  if (found.write) return writeProbe(provider, found.signal);
  return found.lastWrite ?? check('skipped', 'Writing is tried when the host is tested.');
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );

async function writeProbe(provider: StorageProvider, signal: AbortSignal): Promise<HostCheck> {
  const path = parseInnerPath(`.stowage/probe-${randomUUID()}`);
  let written: HostCheck;
  try {
    await provider.write(path, probe(), { size: probeBytes.length, signal });
    written = check('ok', 'A small file was written and removed again.');
  } catch (thrown) {
    const error = toStowageError(thrown);
    const refused: readonly ErrorCode[] = ['permission-denied', 'credentials-rejected', 'read-only'];
    written = refused.includes(error.code)
      ? check('error', 'The credentials do not allow writing.', asReadOnly)
      : check('error', error.message, error.data.hint ?? null);
  }
  const left = await removeProbe(provider, path);
  return written.state === 'ok' && left ? left : written;
}

/** Also after a failed write, which may have arrived all the same. */
async function removeProbe(provider: StorageProvider, path: ReturnType<typeof parseInnerPath>): Promise<HostCheck | null> {
  const signal = AbortSignal.timeout(removalMs);
  try {
    await provider.remove(path, { signal });
  } catch (error) {
    if (!isStowageError(error, 'not-found')) {
      return check(
        'warning',
        `It can be written, but not deleted: the small file “${path}” of this test stays.`,
        'Use credentials that may delete.',
      );
    }
  }
  // The folder, where it was made for the probe; in use it is not empty, and stays.
  await provider.remove(parentPath(path), { signal }).catch(() => undefined);
  return null;
}

const probeBytes = Buffer.from('Written by Stowage to test this storage host. It can be deleted.\n');

async function* probe(): AsyncGenerator<Uint8Array> {
  yield probeBytes;
}
