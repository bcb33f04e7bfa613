import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast({ intent: 'info', title: `${what} copied` });
  } catch (error) {
    reportError(error, `${what} could not be copied.`);
  }
}

/** Copies the address of a file or folder at its service, without any authorisation. */
export async function copyUrl(vfolder: string, path: string): Promise<void> {
  try {
    const { urls } = await client.files.properties({ vfolder, path });
    const url = urls.find(({ name }) => name === 'URL')?.value;
    if (url !== undefined) await copyText(url, 'URL');
    else showToast({ intent: 'warning', title: `“${visible(path) || vfolder}” has no URL` });
  } catch (error) {
    reportError(error, 'The URL could not be copied.');
  }
}

/** The path on this machine of something in a vfolder; null where it has none. */
export function localPathOf(vfolder: string, path: string): string | null {
  const root = useVfolders.getState().vfolders.find((one) => one.name === vfolder)?.localPath;
  if (root == null) return null;
  const separator = root.includes('\\') && !root.includes('/') ? '\\' : '/';
  return path === '' ? root : `${root.replace(/[\\/]$/, '')}${separator}${path.replaceAll('/', separator)}`;
}
