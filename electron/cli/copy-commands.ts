import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { type ConflictPolicy, conflictPolicySchema, type Endpoint, type Transfer } from '#shared/contract/transfers.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { baseName, parentPath } from '#shared/paths.ts';
import type { Act, Context } from './act.ts';
import { followTransfer } from './follow.ts';
import { endpointOf, localPath, type Operand, parseOperand, parseVfolderOperand } from './operands.ts';
import { count, parseSize, size } from './output.ts';

export interface TransferOptions {
  conflict: ConflictPolicy;
  pack?: boolean;
  shardSize?: string;
  unpack?: boolean;
}

/** The options of commands that transfer files. */
export function addTransferring(command: Command, ...kinds: readonly ('pack' | 'unpack')[]): Command {
  command.addOption(
    new Option('--conflict <policy>', 'what happens to files that are there already')
      .choices(conflictPolicySchema.options)
      .default('ask'),
  );
  if (kinds.includes('pack')) {
    command.option('--pack', 'send folders as tar shards with an index');
    command.option('--shard-size <size>', 'of shards, about, like 256m');
  }
  if (kinds.includes('unpack')) command.option('--unpack', 'of packed folders, the files in them');
  return command;
}

/** `stowage cp|mv|upload|download`. */
export function addCopyCommands(program: Command, act: Act): void {
  addTransferring(
    program
      .command('cp <from...>')
      .usage('[options] <from...> <to>')
      .description('copies files and folders: name:/path in a vfolder, or of this machine; FOLDER/ is what is in it'),
    'pack',
    'unpack',
  ).action(act((context, operands: string[], options: TransferOptions) => copy(context, operands, options, false)));
  addTransferring(
    program.command('mv <from...>').usage('[options] <from...> <to>').description('moves or renames files and folders'),
  ).action(act((context, operands: string[], options: TransferOptions) => copy(context, operands, options, true)));
  addTransferring(
    program
      .command('upload <paths...>')
      .usage('[options] <paths...> <name:/folder>')
      .description('files and folders of this machine into a folder, which is made when it is missing'),
    'pack',
  ).action(
    act((context, words: string[], options: TransferOptions) => {
      const [paths, to] = splitLast(words);
      return upload(context, paths, parseVfolderOperand(to), options);
    }),
  );
  addTransferring(
    program
      .command('download <addresses...>')
      .description('files and folders to this machine')
      .option('--to <folder>', 'into this folder', '.'),
    'unpack',
  ).action(
    act((context, addresses: string[], options: TransferOptions & { to: string }) =>
      download(
        context,
        addresses.map((address) => endpointOf(parseVfolderOperand(address))),
        options.to,
        options,
      ),
    ),
  );
}

/** Files of this machine into a folder of a vfolder, which is made when it is missing. */
export async function upload(
  context: Context,
  paths: readonly string[],
  to: { vfolder: string; path: string },
  options: TransferOptions,
): Promise<void> {
  const { client } = context;
  // A colon in a path of this machine means nothing here.
  const sources: Endpoint[] = paths.map((path) =>
    endpointOf({ kind: 'local', path: localPath(path), contents: path.endsWith('/') }),
  );
  if (to.path !== '') await client.files.makeDirectory({ vfolder: to.vfolder, path: to.path });
  const destination = { kind: 'vfolder', vfolder: to.vfolder, path: to.path } as const;
  await run(context, 'Uploaded', { sources, destination, ...wayOf(options) });
}

/** Files of vfolders into a folder of this machine. */
export async function download(
  context: Context,
  sources: readonly Endpoint[],
  to: string,
  options: TransferOptions,
): Promise<void> {
  const destination = { kind: 'local', path: localPath(to) } as const;
  await run(context, 'Downloaded', { sources: [...sources], destination, ...wayOf(options) });
}

/** As the shell's `cp` and `mv`: into a folder that is there, else one source under the new name. */
async function copy(context: Context, words: string[], options: TransferOptions, move: boolean): Promise<void> {
  const [from, last] = splitLast(words);
  const sources = from.map(parseOperand);
  const to = parseOperand(last);
  const { destination, rename } = await aim(context, sources, to);
  await run(context, move ? 'Moved' : 'Copied', {
    sources: sources.map(endpointOf),
    destination,
    ...(rename !== undefined && { rename }),
    ...(move && { move }),
    ...wayOf(options),
  });
}

async function aim(
  { client }: Context,
  sources: readonly Operand[],
  to: Operand,
): Promise<{ destination: Endpoint; rename?: string }> {
  const into: Endpoint = to.kind === 'local' ? { kind: 'local', path: to.path } : { ...to, kind: 'vfolder' };
  const kind = await kindAt(to, client);
  if (kind === 'directory') return { destination: into };
  const several = sources.length > 1 || sources.some(({ contents }) => contents);
  if (to.contents || several) {
    if (kind !== null) throw new StowageError('not-a-directory', `“${to.path}” is not a folder.`, { subject: to.path });
    // A folder of this machine is made by the transfer.
    if (to.kind === 'vfolder') await client.files.makeDirectory({ vfolder: to.vfolder, path: to.path });
    return { destination: into };
  }
  if (to.kind === 'local') return { destination: { kind: 'local', path: dirname(to.path) }, rename: basename(to.path) };
  return { destination: { kind: 'vfolder', vfolder: to.vfolder, path: parentPath(to.path) }, rename: baseName(to.path) };
}

async function kindAt(to: Operand, client: Context['client']): Promise<'directory' | 'other' | null> {
  if (to.kind === 'local') {
    const stats = await stat(to.path).catch(() => null);
    return stats && (stats.isDirectory() ? 'directory' : 'other');
  }
  if (to.path === '') return 'directory';
  try {
    return (await client.files.stat({ vfolder: to.vfolder, path: to.path })).kind === 'directory' ? 'directory' : 'other';
  } catch (error) {
    if (codeOf(error) === 'not-found') return null;
    throw error;
  }
}

/** Errors come from the contract as its own class until they are printed. */
const codeOf = (error: unknown): string | undefined =>
  isStowageError(error) ? error.code : (error as { code?: string } | null)?.code;

function splitLast(words: readonly string[]): [readonly string[], string] {
  const last = words.at(-1);
  if (words.length < 2 || last === undefined)
    throw new StowageError('bad-request', 'Say where to: the last word is the destination.', {
      hint: 'For example: stowage cp photos/ data:/photos',
    });
  return [words.slice(0, -1), last];
}

type Way = Pick<Parameters<Context['client']['transfers']['start']>[0], 'conflict' | 'pack' | 'unpack'>;

function wayOf({ conflict, pack, shardSize, unpack }: TransferOptions): Way {
  const shardBytes = shardSize === undefined ? undefined : parseSize(shardSize);
  if (shardBytes === null || (shardSize !== undefined && !pack))
    throw new StowageError('bad-request', pack ? `“${shardSize}” is not a size.` : 'Shards are made with --pack only.', {
      subject: shardSize,
      hint: 'Write --pack --shard-size 256m, for example.',
    });
  return {
    conflict,
    ...(pack && { pack: shardBytes === undefined ? {} : { shardBytes } }),
    ...(unpack && { unpack }),
  };
}

async function run(context: Context, done: string, input: Parameters<Context['client']['transfers']['start']>[0]): Promise<void> {
  const transfer = await followTransfer(context, await context.client.transfers.start(input));
  context.output.result(transfer, () => `${done} ${summary(transfer)}.`);
}

/** `12 files, 3.0 KiB, 1 skipped` */
export const summary = ({ files, bytes }: Transfer): string =>
  `${count(files.done, 'file')}, ${size(bytes.done)}${files.skipped === 0 ? '' : `, ${files.skipped} skipped`}`;
