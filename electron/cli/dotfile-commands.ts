import { readFileSync, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { mostDotfileBytes } from '#shared/dotfiles/rules.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { table, time } from './output.ts';

const permission = (value: string): string => {
  const digits = value.replace(/^0(?=...)/, '');
  if (!/^[0-7]{3}$/.test(digits)) throw new InvalidArgumentError('Write three octal digits, such as 600 or 755.');
  return digits;
};

/** `stowage dotfile …`: files that are placed in the home directory of every job. */
export function addDotfileCommands(program: Command, act: Act): void {
  const dotfile = program.command('dotfile').description('files that are placed in the home directory of every job');
  dotfile
    .command('list')
    .description('the dotfiles, without their contents')
    .action(
      act(async ({ client, output }) => {
        output.result(await client.dotfiles.list(), (files) =>
          table(
            ['PATH', 'PERMISSION', 'SIZE', 'CHANGED'],
            files.map(({ path, permission, bytes, changedAt }) => [path, permission, { bytes }, time(changedAt)]),
          ),
        );
      }),
    );
  dotfile
    .command('create <path>')
    .description('sets one up, from a file or from standard input')
    .option('-f, --file <file>', 'take the contents from this file (default: standard input)')
    .option('--permission <digits>', 'what may be done with it in the job', permission, '644')
    .option('--replace', 'take the place of the one that is there')
    .addHelpText(
      'after',
      '\nPATH begins with “.” and is below the home directory: .bashrc, .aws/config. Contents are kept sealed.',
    )
    .action(
      act(async ({ client, output }, path: string, options: { file?: string; permission: string; replace?: boolean }) => {
        const { file, ...fields } = options;
        const content = decode(file === undefined ? await readInput() : readFile(file), file ?? 'standard input');
        const made = await client.dotfiles.put({ path, content, permission: fields.permission, replace: fields.replace });
        output.result(made, () => `Every job has ${visible(made.path)} (${made.permission}) from now on.`);
      }),
    );
  dotfile
    .command('show <path>')
    .description('what is in one')
    .action(
      act(async ({ client, output }, path: string) => {
        output.result(await client.dotfiles.read({ path }), ({ content }) => content.replace(/\n$/, ''));
      }),
    );
  dotfile
    .command('delete <path>')
    .description('forgets one with its contents')
    .action(
      act(async ({ client, output }, path: string) => {
        output.result(await client.dotfiles.remove({ path }), () => `Removed ${visible(path)}.`);
      }),
    );
}

async function readInput(): Promise<Buffer> {
  if (process.stdin.isTTY) {
    throw new StowageError('bad-request', 'There is nothing on standard input.', {
      hint: 'Name a file with --file, or pipe one in.',
    });
  }
  return buffer(process.stdin);
}

function readFile(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= mostDotfileBytes) return readFileSync(path);
    throw new StowageError('bad-request', `“${path}” has ${size} bytes, all dotfiles together may have ${mostDotfileBytes}.`, {
      subject: path,
    });
  } catch (error) {
    if (error instanceof StowageError) throw error;
    throw new StowageError('not-found', `“${path}” cannot be read.`, { subject: path, detail: String(error) });
  }
}

/** Dotfiles are texts: other bytes would come to the job changed. */
function decode(bytes: Buffer, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StowageError('bad-request', `“${from}” is no text: a dotfile is one.`, { subject: from });
  }
}
