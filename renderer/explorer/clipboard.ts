import { create } from 'zustand';
import { formatAddress } from '#shared/address.ts';
import { startTransfer } from '../transfers/start.ts';

/** So many are written out for other programs. */
const mostAddresses = 1000;

export interface Clipboard {
  readonly vfolder: string;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly cut: boolean;
}

/** What was copied or cut in Files. */
export const useClipboard = create<{ readonly clipboard: Clipboard | null }>()(() => ({ clipboard: null }));

/** Takes the place of what other programs copied; their clipboard gets the addresses. */
export function putClipboard(clipboard: Clipboard): void {
  useClipboard.setState({ clipboard });
  const addresses = clipboard.paths.slice(0, mostAddresses).map((path) => formatAddress(clipboard.vfolder, path));
  // A browser that refuses it still pastes here.
  navigator.clipboard?.writeText(addresses.join('\n')).catch(() => undefined);
}

/** Pastes into a folder. Copying onto itself makes a second copy; moving onto itself does nothing. */
export async function paste(vfolder: string, path: string): Promise<void> {
  const { clipboard } = useClipboard.getState();
  if (!clipboard) return;
  await transferTo(clipboard, vfolder, path);
  if (clipboard.cut) useClipboard.setState({ clipboard: null });
}

/** Copies or moves what is named into a folder. */
export async function transferTo(what: Clipboard, vfolder: string, path: string): Promise<void> {
  const same = what.vfolder === vfolder && what.folder === path;
  if (same && what.cut) return;
  await startTransfer({
    sources: what.paths.map((one) => ({ kind: 'vfolder', vfolder: what.vfolder, path: one })),
    destination: { kind: 'vfolder', vfolder, path },
    ...(what.cut && { move: true }),
    ...(same && { conflict: 'keep-both' as const }),
  });
}
