import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { formatCommandLine } from '#shared/command-line.ts';
import { StowageError } from '#shared/errors.ts';
import type { Imported } from '#shared/import/imported.ts';
import { visible } from '#shared/paths.ts';
import type { Context } from './act.ts';

/** The job of a file, of a command given as words, or of standard input. */
export async function readJob(
  { client }: Pick<Context, 'client'>,
  words: readonly string[],
  { in: folder }: { in?: string },
): Promise<Imported> {
  const [file, ...more] = words;
  const text =
    more.length > 0
      ? formatCommandLine(words)
      : file === undefined || file === '-'
        ? await readAll(process.stdin)
        : await readText(file);
  const { importJob } = await import('#shared/import/import-job.ts');
  const vfolders = await client.vfolders.list();
  return importJob(text, { vfolders, folder: resolve(folder ?? '.'), home: homedir(), environment: process.env });
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StowageError(error.code === 'ENOENT' ? 'not-found' : 'io-error', `“${visible(file)}” cannot be read.`, {
      subject: file,
      detail: error.message,
      hint: 'A command is given after --, as in: stowage import -- docker run alpine ls',
    });
  });
