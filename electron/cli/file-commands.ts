import { posix } from 'node:path';
import type { Command } from 'commander';
import { formatAddress } from '#shared/address.ts';
import type { Entry } from '#shared/contract/files.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act, Context } from './act.ts';
import { addTransferring, download, type TransferOptions, upload } from './copy-commands.ts';
import { parseVfolderOperand } from './operands.ts';
import { table, time } from './output.ts';

/** `stowage ls|mkdir|rm|cat` on addresses. */
export function addFileCommands(program: Command, act: Act): void {
  program
    .command('ls [addresses...]')
    .description('what is in folders; without an address the vfolders')
    .option('-l, --long', 'with times and sizes')
    .option('-R, --recursive', 'and in all folders below')
    .action(act(listAddresses));
  program
    .command('mkdir <addresses...>')
    .description('new folders, with their parents')
    .action(
      act(async ({ client, output }, addresses: string[]) => {
        const made: Entry[] = [];
        for (const { vfolder, path } of addresses.map(parseVfolderOperand))
          made.push(await client.files.makeDirectory({ vfolder, path }));
        output.result(made, () => '');
      }),
    );
  program
    .command('rm <addresses...>')
    .description('files, and with -r folders, to the trash of their vfolder')
    .option('-r, --recursive', 'folders too')
    .action(act(removeAddresses));
}

interface ListOptions {
  long?: boolean;
  recursive?: boolean;
}

async function listAddresses(context: Context, addresses: string[], options: ListOptions): Promise<void> {
  const { client, output } = context;
  if (addresses.length === 0) {
    output.result(await client.vfolders.list({}), (vfolders) => vfolders.map(({ name }) => `${visible(name)}:`).join('\n'));
    return;
  }
  const operands = addresses.map(parseVfolderOperand);
  if (options.recursive) {
    await output.list(
      (async function* () {
        for (const { vfolder, path } of operands) yield* below(client, vfolder, path);
      })(),
      ({ vfolder, entry }) => ({ vfolder, ...entry }),
      ({ vfolder, entry }) => line(entry, formatAddress(vfolder, entry.path), options),
    );
    return;
  }
  const folders: { vfolder: string; path: string; entries: Entry[] }[] = [];
  for (const { vfolder, path } of operands) folders.push({ vfolder, path, entries: await entriesAt(client, vfolder, path) });
  output.result(operands.length === 1 ? (folders[0]?.entries ?? []) : folders, () =>
    folders
      .map(({ vfolder, path, entries }) => {
        const shown = options.long ? longTable(entries) : entries.map((entry) => visible(nameOf(entry))).join('\n');
        return operands.length === 1 ? shown : `${formatAddress(vfolder, path)}:\n${shown}`;
      })
      .join('\n\n'),
  );
}

const nameOf = (entry: Entry, name = entry.name): string => (entry.kind === 'directory' ? `${name}/` : name);

const longTable = (entries: readonly Entry[]): string =>
  table(
    ['MODIFIED', 'SIZE', 'NAME'],
    entries.map((entry) => [time(entry.modified), { bytes: entry.kind === 'file' ? entry.size : null }, nameOf(entry)]),
  );

/** One entry of a listing that is printed as it comes, so that columns cannot be measured. */
function line(entry: Entry, address: string, { long }: ListOptions): string {
  const name = visible(nameOf(entry, address));
  return long
    ? `${time(entry.modified).padEnd(19)}  ${String(entry.kind === 'file' ? entry.size : '').padStart(15)}  ${name}`
    : name;
}

/** A folder's entries by name, or a file alone. */
async function entriesAt(client: StowageClient, vfolder: string, path: string): Promise<Entry[]> {
  if (path !== '') {
    const entry = await client.files.stat({ vfolder, path });
    if (entry.kind !== 'directory') return [entry];
  }
  return sorted(client, vfolder, path);
}

async function sorted(client: StowageClient, vfolder: string, path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of await client.files.list({ vfolder, path })) entries.push(...page.entries);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything below, folder by folder in order; memory is bounded by the folders on the way. */
async function* below(client: StowageClient, vfolder: string, path: string): AsyncGenerator<{ vfolder: string; entry: Entry }> {
  for (const entry of await entriesAt(client, vfolder, path)) {
    yield { vfolder, entry };
    if (entry.kind === 'directory') yield* below(client, vfolder, entry.path);
  }
}

async function removeAddresses(
  { client, output }: Context,
  addresses: string[],
  options: { recursive?: boolean },
): Promise<void> {
  const operands = addresses.map(parseVfolderOperand);
  for (const { vfolder, path } of operands) {
    if (path === '') {
      throw new StowageError('bad-request', `“${vfolder}:” is a whole vfolder.`, {
        subject: vfolder,
        hint: `Move it to the trash with: stowage vfolder delete ${vfolder}`,
      });
    }
    const entry = await client.files.stat({ vfolder, path });
    if (entry.kind === 'directory' && !options.recursive) {
      throw new StowageError('is-a-directory', `“${formatAddress(vfolder, path)}” is a folder.`, {
        subject: path,
        hint: 'Remove it with what is in it: stowage rm -r',
      });
    }
  }
  const gone = [];
  for (const name of new Set(operands.map(({ vfolder }) => vfolder))) {
    const paths = operands.filter(({ vfolder }) => vfolder === name).map(({ path }) => path);
    gone.push(...(await client.files.trash({ vfolder: name, paths })));
  }
  output.result(gone, () => `Moved ${gone.length} to the trash.`);
}

/** `stowage vfolder ls|mkdir|rm|mv|upload|download`, the vfolder and the paths in it apart, as Backend.AI writes them. */
export function addVfolderFileCommands(vfolder: Command, act: Act): void {
  vfolder
    .command('ls <name> [path]')
    .description('what is in a folder')
    .action(
      act(async ({ client, output }, name: string, path = '.') => {
        output.result(await sorted(client, name, innerPath(path)), longTable);
      }),
    );
  vfolder
    .command('mkdir <name> <path>')
    .description('a new folder, with its parents')
    .action(
      act(async ({ client, output }, name: string, path: string) => {
        output.result(
          await client.files.makeDirectory({ vfolder: name, path: innerPath(path) }),
          (made) => `Made ${made.path}/.`,
        );
      }),
    );
  vfolder
    .command('rm <name> <paths...>')
    .description('files and folders to the trash')
    .action(
      act(async ({ client, output }, name: string, paths: string[]) => {
        output.result(
          await client.files.trash({ vfolder: name, paths: paths.map(innerPath) }),
          (gone) => `Moved ${gone.length} to the trash.`,
        );
      }),
    );
  vfolder
    .command('mv <name> <from> <to>')
    .description('renames or moves within a vfolder')
    .action(
      act(async ({ client, output }, name: string, from: string, to: string) => {
        output.result(
          await client.files.rename({ vfolder: name, path: innerPath(from), to: innerPath(to) }),
          (moved) => `Moved to ${moved.path}.`,
        );
      }),
    );
  addVfolderTransfers(vfolder, act);
}

function addVfolderTransfers(vfolder: Command, act: Act): void {
  addTransferring(
    vfolder
      .command('upload <name> <paths...>')
      .description('files and folders of this machine into a vfolder; FOLDER/ uploads what is in it')
      .option('--to <folder>', 'into this folder of it, made when it is missing'),
    'pack',
  ).action(
    act((context, name: string, paths: string[], options: TransferOptions & { to?: string }) =>
      upload(context, paths, { vfolder: name, path: innerPath(options.to ?? '') }, options),
    ),
  );
  addTransferring(
    vfolder
      .command('download <name> <paths...>')
      .description('files and folders of a vfolder to this machine')
      .option('--to <folder>', 'into this folder', '.'),
    'unpack',
  ).action(
    act((context, name: string, paths: string[], options: TransferOptions & { to: string }) =>
      download(
        context,
        paths.map((path) => ({ kind: 'vfolder', vfolder: name, path: innerPath(posix.normalize(path)) })),
        options.to,
        options,
      ),
    ),
  );
}

/** `./a/b` and `a/b/` as the inner path `a/b`; `.` as the vfolder itself. Climbing is refused by the core. */
const innerPath = (text: string): string => {
  const normal = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  return normal === '.' ? '' : normal;
};
