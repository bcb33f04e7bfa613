import type { Command } from 'commander';
import { Option } from 'commander';
import { type MountMode, permissionModeSchema } from '#shared/contract/base.ts';
import { type Usage, usageSchema, type Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { addVfolderFileCommands } from './file-commands.ts';
import { followTransfer } from './follow.ts';
import { listHosts } from './host-commands.ts';
import { addLinks } from './link-commands.ts';
import { count, size, table, time } from './output.ts';

/** `stowage vfolder …` */
export function addVfolderCommands(program: Command, act: Act): void {
  const vfolder = program.command('vfolder').description('virtual folders: named folders on storage hosts');
  addCatalogue(vfolder, act);
  addList(vfolder, act);
  addLinks(vfolder, act);
  addUpdate(vfolder, act);
  addTrash(vfolder, act);
  addVfolderFileCommands(vfolder, act);
}

function addCatalogue(vfolder: Command, act: Act): void {
  vfolder.command('list-hosts').description('storage hosts with their space and vfolders').action(listHosts(act));
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
                ...(info.broken ? [`broken: ${info.broken}`] : []),
                `${count(info.files, 'file')} in ${count(info.directories, 'folder')}, ${size(info.bytes)}`,
                info.place,
                `created ${time(info.createdAt)}, ${info.lastUsedAt === null ? 'not used yet' : `last used ${time(info.lastUsedAt)}`}`,
                ...(info.note ? [info.note] : []),
                ...info.jobs.map((job) => `job ${job.id} ${job.name}: ${job.state}`),
              ].join('\n'),
        );
      }),
    );
}

interface ListOptions {
  trash?: boolean;
  linked?: boolean;
  host?: string;
  sort: keyof typeof sorts;
}

const byName = (a: Vfolder, b: Vfolder): number => a.name.localeCompare(b.name, 'en');
const sorts = {
  name: byName,
  host: (a, b) => a.host.name.localeCompare(b.host.name, 'en') || byName(a, b),
  usage: (a, b) => a.usage.localeCompare(b.usage, 'en') || byName(a, b),
  created: (a, b) => b.createdAt - a.createdAt,
  used: (a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || byName(a, b),
} satisfies Record<string, (a: Vfolder, b: Vfolder) => number>;

function addList(vfolder: Command, act: Act): void {
  vfolder
    .command('list')
    .description('vfolders, or with --trash those in the trash')
    .option('--trash', 'those in the trash, the newest first')
    .option('--linked', 'links only')
    .option('--host <host>', 'those on this host')
    .addOption(new Option('--sort <by>', 'in this order; times newest first').choices(Object.keys(sorts)).default('name'))
    .action(
      act(async ({ client, output }, options: ListOptions, command: Command) => {
        const trash = options.trash ?? false;
        const found = (await client.vfolders.list({ trashed: trash })).filter(
          ({ kind, host }) =>
            (!options.linked || kind === 'linked') &&
            (options.host === undefined || host.id === options.host || host.name === options.host),
        );
        const inOrder = trash && command.getOptionValueSource('sort') === 'default' ? found : found.toSorted(sorts[options.sort]);
        output.result(inOrder, (vfolders) => listing(vfolders, trash));
      }),
    );
}

function listing(vfolders: readonly Vfolder[], trash: boolean): string {
  const rows = vfolders.map((each) => [
    each.name,
    each.host.name,
    each.kind,
    each.usage,
    each.permission,
    time(trash ? each.trashedAt : each.createdAt),
    each.place,
    ...(trash ? [each.id] : []),
  ]);
  const head = ['NAME', 'HOST', 'KIND', 'USAGE', 'PERMISSION', trash ? 'TRASHED' : 'CREATED', 'PLACE', ...(trash ? ['ID'] : [])];
  const broken = vfolders.flatMap(({ name, broken: why }) => (why === null ? [] : [`${name} is broken: ${visible(why)}`]));
  return [table(head, rows), ...broken].join('\n');
}

interface UpdateOptions {
  usage?: Usage;
  permission?: MountMode;
  note?: string;
  mountPath?: string;
}

function addUpdate(vfolder: Command, act: Act): void {
  vfolder
    .command('update <name>')
    .description('changes what a vfolder is for and how it is mounted')
    .addOption(new Option('--usage <usage>', 'what it is for').choices(usageSchema.options))
    .addOption(new Option('--permission <mode>', 'how it is mounted by default').choices(permissionModeSchema.options))
    .option('--note <text>', 'a note for people')
    .option('--mount-path <path>', 'where it is mounted; “” for the usual place')
    .action(
      act(async ({ client, output }, name: string, { mountPath, usage, permission, note }: UpdateOptions) => {
        const changed = await client.vfolders.update({
          name,
          usage,
          permission,
          note,
          ...(mountPath !== undefined && { mountPath: mountPath === '' ? null : mountPath }),
        });
        output.result(
          changed,
          (shown) => `${shown.name}: ${shown.usage}, ${shown.permission}${shown.note ? `, ${shown.note}` : ''}.`,
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
          (gone) =>
            `Moved ${gone.name} to the trash${gone.kind === 'linked' ? '; what it points to stays as it is' : ''}. Restore it with: stowage vfolder restore ${gone.name}`,
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
