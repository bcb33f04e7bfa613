import { posix, resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { type MountMode, permissionModeSchema } from '#shared/contract/base.ts';
import type { Entry } from '#shared/contract/files.ts';
import { type ConflictPolicy, conflictPolicySchema } from '#shared/contract/transfers.ts';
import { type Usage, usageSchema } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import type { Act } from './act.ts';
import { followTransfer } from './follow.ts';
import { count, size, table, time } from './output.ts';

const conflictOption = (): Option =>
  new Option('--conflict <policy>', 'what happens to files that are there already')
    .choices(conflictPolicySchema.options)
    .default('ask');

/** `stowage vfolder …` */
export function addVfolderCommands(program: Command, act: Act): void {
  const vfolder = program.command('vfolder').description('virtual folders: named folders on storage hosts');
  addCatalogue(vfolder, act);
  addTrash(vfolder, act);
  addFiles(vfolder, act);
  addTransfers(vfolder, act);
}

function addCatalogue(vfolder: Command, act: Act): void {
  vfolder
    .command('list-hosts')
    .description('storage hosts with their space and vfolders')
    .action(
      act(async ({ client, output }) => {
        output.result(await client.hosts.list(), (hosts) =>
          table(
            ['HOST', 'KIND', 'ROOT', 'FREE', 'TOTAL', 'VFOLDERS', 'STATUS'],
            hosts.map((host) => [
              host.name,
              host.kind,
              host.root,
              { bytes: host.freeBytes },
              { bytes: host.totalBytes },
              host.vfolders.length,
              host.status.state === 'ok' ? 'ok' : host.status.message,
            ]),
          ),
        );
      }),
    );
  vfolder
    .command('list')
    .description('vfolders, or with --trash those in the trash')
    .option('--trash', 'those in the trash')
    .action(
      act(async ({ client, output }, options: { trash?: boolean }) => {
        output.result(await client.vfolders.list({ trashed: options.trash ?? false }), (vfolders) =>
          table(
            ['NAME', 'HOST', 'USAGE', 'PERMISSION', 'CREATED', ...(options.trash ? ['ID'] : [])],
            vfolders.map((each) => [
              each.name,
              each.host.name,
              each.usage,
              each.permission,
              time(each.createdAt),
              ...(options.trash ? [each.id] : []),
            ]),
          ),
        );
      }),
    );
  vfolder
    .command('create <name> [host]')
    .description('a new vfolder on a host (default: the default host)')
    .addOption(new Option('--usage <usage>', 'what it is for').choices(usageSchema.options))
    .addOption(new Option('--permission <mode>', 'how it is mounted by default').choices(permissionModeSchema.options))
    .option('--note <text>', 'a note for people')
    .action(
      act(
        async (
          { client, output },
          name: string,
          host: string | undefined,
          options: { usage?: Usage; permission?: MountMode; note?: string },
        ) => {
          output.result(
            await client.vfolders.create({ name, host, ...options }),
            (made) => `Created ${made.name} on ${made.host.name}.`,
          );
        },
      ),
    );
  vfolder
    .command('rename <name> <to>')
    .description('gives a vfolder another name')
    .action(
      act(async ({ client, output }, name: string, to: string) => {
        output.result(await client.vfolders.rename({ name, to }), (renamed) => `Renamed ${name} to ${renamed.name}.`);
      }),
    );
  vfolder
    .command('clone <name> <to>')
    .description('copies a vfolder into a new one')
    .option('--host <host>', 'on another host')
    .action(
      act(async (context, name: string, to: string, options: { host?: string }) => {
        const { client } = context;
        const { vfolder: made, transferId } = await client.vfolders.clone({ name, to, ...options });
        await followTransfer(context, await client.transfers.get({ id: transferId }));
        context.output.result(made, () => `Cloned ${name} to ${made.name}.`);
      }),
    );
  vfolder
    .command('info <name>')
    .description('what it is, how much is in it, which jobs used it')
    .action(
      act(async ({ client, output }, name: string) => {
        let last = null;
        for await (const info of await client.vfolders.info({ name })) {
          last = info;
          output.progress(`${count(info.files, 'file')}, ${size(info.bytes)} …`);
        }
        output.progress(null);
        output.result(last, (info) =>
          info === null
            ? ''
            : [
                `${info.name} on ${info.host.name} (${info.kind}, ${info.usage}, ${info.permission})`,
                `${count(info.files, 'file')} in ${count(info.directories, 'folder')}, ${size(info.bytes)}`,
                ...(info.localPath ? [info.localPath] : []),
                ...(info.note ? [info.note] : []),
                ...info.jobs.map((job) => `job ${job.id} ${job.name}: ${job.state}`),
              ].join('\n'),
        );
      }),
    );
}

function addTrash(vfolder: Command, act: Act): void {
  vfolder
    .command('delete <name>')
    .description('to the trash; restore takes it back')
    .action(
      act(async ({ client, output }, name: string) => {
        output.result(
          await client.vfolders.delete({ name }),
          (gone) => `Moved ${gone.name} to the trash. Restore it with: stowage vfolder restore ${gone.name}`,
        );
      }),
    );
  const trashed = async (client: Parameters<Parameters<Act>[0]>[0]['client'], nameOrId: string): Promise<string> => {
    const found = (await client.vfolders.list({ trashed: true })).find((each) => each.id === nameOrId || each.name === nameOrId);
    if (!found)
      throw new StowageError('not-found', `No vfolder “${nameOrId}” is in the trash.`, {
        subject: nameOrId,
        hint: 'See: stowage vfolder list --trash',
      });
    return found.id;
  };
  vfolder
    .command('restore <nameOrId>')
    .description('takes the newest of that name out of the trash')
    .option('--as <name>', 'under another name')
    .action(
      act(async ({ client, output }, nameOrId: string, options: { as?: string }) => {
        output.result(
          await client.vfolders.restore({ id: await trashed(client, nameOrId), name: options.as }),
          (back) => `Restored ${back.name}.`,
        );
      }),
    );
  vfolder
    .command('purge <nameOrId>')
    .description('destroys what is in the trash: this cannot be undone')
    .action(
      act(async ({ client, output }, nameOrId: string) => {
        output.result(
          await client.vfolders.purge({ id: await trashed(client, nameOrId) }),
          (gone) => `Purged ${count(gone.files, 'file')}, ${size(gone.bytes)}.`,
        );
      }),
    );
}

/** `./a/b` and `a/b/` as the inner path `a/b`; `.` as the vfolder itself. Climbing is refused by the core. */
export const innerPath = (text: string): string => {
  const normal = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  return normal === '.' ? '' : normal;
};

function addFiles(vfolder: Command, act: Act): void {
  vfolder
    .command('ls <name> [path]')
    .description('what is in a folder')
    .action(
      act(async ({ client, output }, name: string, path = '.') => {
        const entries: Entry[] = [];
        for await (const page of await client.files.list({ vfolder: name, path: innerPath(path) })) entries.push(...page.entries);
        entries.sort((a, b) => (a.name < b.name ? -1 : 1));
        output.result(entries, () =>
          table(
            ['MODIFIED', 'SIZE', 'NAME'],
            entries.map((entry) => [
              time(entry.modified),
              { bytes: entry.kind === 'file' ? entry.size : null },
              entry.kind === 'directory' ? `${entry.name}/` : entry.name,
            ]),
          ),
        );
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
}

function addTransfers(vfolder: Command, act: Act): void {
  vfolder
    .command('upload <name> <paths...>')
    .description('files and folders of this machine into a vfolder; FOLDER/ uploads what is in it')
    .option('--to <folder>', 'into this folder of it, made when it is missing')
    .addOption(conflictOption())
    .action(
      act(async (context, name: string, paths: string[], options: { to?: string; conflict: ConflictPolicy }) => {
        const { client, output } = context;
        const to = innerPath(options.to ?? '');
        const sources = paths.map((path) => ({ kind: 'local' as const, path: sourcePath(path) }));
        if (to !== '') await client.files.makeDirectory({ vfolder: name, path: to });
        const transfer = await client.transfers.start({
          sources,
          destination: { kind: 'vfolder', vfolder: name, path: to },
          conflict: options.conflict,
        });
        output.result(
          await followTransfer(context, transfer),
          (done) => `Uploaded ${count(done.files.done, 'file')}, ${size(done.bytes.done)}${skipped(done.files.skipped)}.`,
        );
      }),
    );
  vfolder
    .command('download <name> <paths...>')
    .description('files and folders of a vfolder to this machine')
    .option('--to <folder>', 'into this folder', '.')
    .addOption(conflictOption())
    .action(
      act(async (context, name: string, paths: string[], options: { to: string; conflict: ConflictPolicy }) => {
        const { client, output } = context;
        const transfer = await client.transfers.start({
          sources: paths.map((path) => ({ kind: 'vfolder' as const, vfolder: name, path: innerPath(posix.normalize(path)) })),
          destination: { kind: 'local', path: localPath(options.to) },
          conflict: options.conflict,
        });
        output.result(
          await followTransfer(context, transfer),
          (done) => `Downloaded ${count(done.files.done, 'file')}, ${size(done.bytes.done)}${skipped(done.files.skipped)}.`,
        );
      }),
    );
}

/** Absolute; a final `/`, which asks for what is in the folder rather than the folder, is kept. */
const sourcePath = (path: string): string => (path.endsWith('/') ? `${localPath(path)}/` : localPath(path));

/** An absolute path of this machine. An empty word, as an unset variable leaves it, is not the current folder. */
function localPath(text: string): string {
  if (text === '')
    throw new StowageError('bad-request', 'A path on the command line is empty.', { hint: 'Write “.” for this folder.' });
  return resolve(text);
}

const skipped = (count: number): string => (count === 0 ? '' : `, ${count} skipped`);
