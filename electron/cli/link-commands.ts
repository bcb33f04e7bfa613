import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import { type LinkTarget, type Usage, usageSchema } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { isHostPath } from '#shared/plan/host-path.ts';
import type { Act } from './act.ts';

const targetHelp = `
TARGET is a folder of this machine, inside the link roots of the settings, or HOST:PATH: a container, bucket or folder
(prefix) of a storage host. Nothing is copied or moved, and deleting the link leaves everything as it is.`;

/** `stowage vfolder link|relink`: what is there already, as a vfolder. */
export function addLinks(vfolder: Command, act: Act): void {
  vfolder
    .command('link <name> <target>')
    .description('registers a folder in place, read-only unless --rw is given')
    .option('--rw', 'jobs and Stowage may change what is in it')
    .addOption(new Option('--usage <usage>', 'what it is for').choices(usageSchema.options))
    .option('--note <text>', 'a note for people')
    .addHelpText('after', targetHelp)
    .action(
      act(async ({ client, output }, name: string, target: string, options: { rw?: boolean; usage?: Usage; note?: string }) => {
        const { rw, ...fields } = options;
        const linked = await client.vfolders.link({
          name,
          target: await readTarget(client, target),
          permission: rw ? 'rw' : 'ro',
          usage: fields.usage,
          note: fields.note,
        });
        output.result(linked, ({ place, permission }) => `Linked ${name} to ${place} (${permission}).`);
      }),
    );
  vfolder
    .command('relink <name> <target>')
    .description('points a link somewhere else, for one whose target moved')
    .addHelpText('after', targetHelp)
    .action(
      act(async ({ client, output }, name: string, target: string) => {
        const linked = await client.vfolders.relink({ name, target: await readTarget(client, target) });
        output.result(linked, ({ place }) => `${name} points to ${place} now.`);
      }),
    );
}

/** A path of this machine, or `HOST:PATH` when a host has that name. @throws `not-found`, `bad-request` */
export async function readTarget(client: StowageClient, text: string): Promise<LinkTarget> {
  if (text === '') {
    throw new StowageError('bad-request', 'The target on the command line is empty.', { hint: 'Write “.” for this folder.' });
  }
  if (isHostPath(text) || /^\.{1,2}([/\\]|$)/.test(text)) return { kind: 'local', path: resolve(text) };
  const named = (await client.hosts.list())
    .flatMap(({ id, name }) => [id, name].map((word) => ({ id, begin: `${word}:` })))
    .filter(({ begin }) => text.startsWith(begin))
    .toSorted((a, b) => b.begin.length - a.begin.length)[0];
  if (named) return { kind: 'host', host: named.id, path: text.slice(named.begin.length).replace(/^\/+|\/+$/g, '') };
  if (text.includes(':') && !existsSync(text)) {
    const host = text.slice(0, text.indexOf(':'));
    throw new StowageError('not-found', `There is no storage host “${host}”.`, { subject: host, hint: 'See: stowage host list' });
  }
  return { kind: 'local', path: resolve(text) };
}
