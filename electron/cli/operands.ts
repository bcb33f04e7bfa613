import { resolve } from 'node:path';
import { parseAddress } from '#shared/address.ts';
import type { Endpoint } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';

/** A file or folder as it is named on the command line. */
export type Operand =
  | { readonly kind: 'vfolder'; readonly vfolder: string; readonly path: InnerPath; readonly contents: boolean }
  | { readonly kind: 'local'; readonly path: string; readonly contents: boolean };

/**
 * `name:`, `name:/path` or `name:path` for a place in a vfolder, anything else for one of this machine; `./a:b` is a file
 * with a colon. A final `/` means what is in the folder.
 * @throws StowageError `bad-request`, `path-refused`
 */
export function parseOperand(text: string): Operand {
  const contents = text.endsWith('/');
  const isDrive = process.platform === 'win32' && /^[A-Za-z]:[\\/]/.test(text);
  if (!isDrive && /^[A-Za-z0-9._-]{1,64}:/.test(text)) {
    const { vfolder, path } = parseAddress(text.replace(/\/+$/, ''));
    return { kind: 'vfolder', vfolder, path, contents: contents && path !== '' };
  }
  return { kind: 'local', path: localPath(text), contents };
}

/** An absolute path of this machine. An empty word, as an unset variable leaves it, is not the current folder. */
export function localPath(text: string): string {
  if (text === '')
    throw new StowageError('bad-request', 'A path on the command line is empty.', { hint: 'Write “.” for this folder.' });
  return resolve(text);
}

/** The operand as an end of a transfer; as a source, what is in the folder when it was written with a final `/`. */
export const endpointOf = (operand: Operand): Endpoint => {
  const path = operand.contents && !operand.path.endsWith('/') ? `${operand.path}/` : operand.path;
  return operand.kind === 'local' ? { kind: 'local', path } : { kind: 'vfolder', vfolder: operand.vfolder, path };
};

/** @throws StowageError `bad-request` for a path of this machine */
export function parseVfolderOperand(text: string): Extract<Operand, { kind: 'vfolder' }> {
  const operand = parseOperand(text);
  if (operand.kind === 'vfolder') return operand;
  throw new StowageError('bad-request', `“${text}” is not an address: write name:/path.`, {
    subject: text,
    hint: 'See the vfolders with: stowage vfolder list',
  });
}
