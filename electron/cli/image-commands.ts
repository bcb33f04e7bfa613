import type { Command } from 'commander';
import { StowageError } from '#shared/errors.ts';
import type { Act } from './act.ts';
import { table, time } from './output.ts';

/** `stowage images …`: the images into which folders were put for jobs. */
export function addImageCommands(program: Command, act: Act): void {
  const images = program
    .command('images')
    .description('images that hold the files of folders, made for jobs')
    .action(
      act(async ({ client, output }) => {
        output.result(await client.images.list(), (found) =>
          found.length === 0
            ? 'There are none.'
            : table(
                ['IMAGE', 'SOURCE', 'TARGET', 'SIZE', 'BASE', 'LAST USED'],
                found.map((each) => [
                  each.reference,
                  each.source,
                  each.target,
                  { bytes: each.bytes },
                  each.base,
                  time(each.lastUsedAt),
                ]),
              ),
        );
      }),
    );
  images
    .command('remove <image>')
    .description('removes one; jobs that need it make it again')
    .action(
      act(async ({ client, output }, id: string) => {
        const result = await client.images.remove({ id });
        if (!result.removed) throw new StowageError('not-found', `There is no such image “${id}”.`, { subject: id });
        output.result(result, () => `Removed ${id}.`);
      }),
    );
}
