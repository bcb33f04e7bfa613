import type { Command } from 'commander';
import { StowageError } from '#shared/errors.ts';
import type { Act, Context } from './act.ts';
import { parseVfolderOperand } from './operands.ts';
import { print } from './output.ts';

/** `stowage cat`: the bytes of files, as they are, on the standard output. */
export function addCatCommand(program: Command, act: Act): void {
  program.command('cat <addresses...>').description('writes files to the standard output').action(act(cat));
}

async function cat({ client, session }: Context, addresses: string[]): Promise<void> {
  for (const { vfolder, path } of addresses.map(parseVfolderOperand)) {
    const entry = await client.files.stat({ vfolder, path });
    if (entry.kind === 'directory') {
      throw new StowageError('is-a-directory', `“${vfolder}:/${path}” is a folder.`, {
        subject: path,
        hint: `See what is in it: stowage ls ${vfolder}:/${path}`,
      });
    }
    const { url } = await client.files.downloadTicket({ vfolder, paths: [path] });
    for await (const chunk of await session.download(url.slice(url.lastIndexOf('/') + 1))) await print(process.stdout, chunk);
  }
}
