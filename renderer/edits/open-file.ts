import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { client, desktop } from '../app/client.ts';
import { reportError, showToast } from '../ui/toasts.tsx';
import { awaitHandover } from './hand-over.ts';

/** Whether files can be opened in other programs from here. */
export const opensFiles = desktop !== undefined;

/** Opens a file in its default program; what is changed in a file of a host is sent back when it is saved. */
export async function openFile(vfolder: string, { path, name }: Pick<Entry, 'path' | 'name'>): Promise<void> {
  const title = `“${visible(name)}”`;
  try {
    const { ticket, what, readOnly } = await awaitHandover(`Fetching ${name}`, (signal) =>
      client.edits.open({ vfolder, path }, { signal }),
    );
    await desktop?.openPrepared(ticket);
    if (what === 'show') {
      showToast({
        intent: 'warning',
        title: `${title} is a program`,
        body: 'Stowage opens no programs; it is shown in the file manager instead.',
      });
    } else if (readOnly) {
      showToast({ intent: 'info', title: `${title} can only be read`, body: 'Changes of it are not sent back.' });
    }
  } catch (error) {
    reportError(error, `${title} was not opened.`);
  }
}
