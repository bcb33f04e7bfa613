import type { Command } from 'commander';
import type { Host, HostAttach, HostCheck } from '#shared/contract/hosts.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import { type ErrorCode, StowageError } from '#shared/errors.ts';
import type { Act, Context } from './act.ts';
import { nextChange, withChanges } from './follow.ts';
import { type AzureOptions, azureAttach, localAttach, newCredentials, type S3Options, s3Attach } from './host-attach.ts';
import { table } from './output.ts';

interface AddOptions {
  readOnly?: boolean;
  default?: boolean;
  session?: boolean;
  force?: boolean;
}

interface UpdateOptions {
  name?: string;
  credentials?: boolean;
  accessKeyId?: string;
  profile?: string;
  keyStdin?: boolean;
  readOnly?: boolean;
  readWrite?: boolean;
  default?: boolean;
  session?: boolean;
  save?: boolean;
}

const secretsNote = `
Secrets are never arguments, which others on the machine can see: they are read from the environment, with --key-stdin from
standard input, or asked for at the terminal.`;

/** `stowage host …`: the places that hold data. */
export function addHostCommands(program: Command, act: Act): void {
  const host = program.command('host').description('storage hosts: the places that hold data');
  host.command('list').description('storage hosts with their space, state and vfolders').action(listHosts(act));
  const add = host.command('add').description('a new storage host, tested before it is kept');
  addLocal(add, act);
  addAzure(add, act);
  addS3(add, act);
  host
    .command('test <host>')
    .description('tries what a host needs, and says what is wrong and what to do')
    .action(
      act(async ({ client, output }, id: string) => {
        const result = await client.hosts.test({ id });
        output.result(result, ({ checks }) => checkTable(checks));
        const failed = result.checks.find(({ state }) => state === 'error');
        if (failed) process.exitCode = failure(failed).exitCode;
      }),
    );
  addUpdate(host, act);
  host
    .command('remove <host>')
    .description('forgets a host and its secret; what is on it stays')
    .action(
      act(async ({ client, output }, id: string) => {
        const { name } = await client.hosts.get({ id });
        output.result(await client.hosts.remove({ id }), () => `Removed ${name}. What is on it stays there.`);
      }),
    );
}

/** The action of `host list`, and of `vfolder list-hosts`, which is the same view. */
export function listHosts(act: Act): ReturnType<Act> {
  return act(async ({ client, output }) => {
    output.result(await checkedHosts(client), (hosts) =>
      table(
        ['HOST', 'KIND', 'ROOT', 'FREE', 'TOTAL', 'VFOLDERS', 'USE', 'STATUS'],
        hosts.map((host) => [
          host.name,
          host.kind,
          host.root,
          { bytes: host.freeBytes },
          { bytes: host.totalBytes },
          host.vfolders.length,
          [...(host.isDefault ? ['default'] : []), ...(host.readOnly ? ['read-only'] : [])].join(', '),
          host.status.state === 'ok' ? 'ok' : host.status.message,
        ]),
      ),
    );
  });
}

/** The hosts when all have been checked once, which takes some seconds where one does not answer. */
function checkedHosts(client: StowageClient): Promise<Host[]> {
  return withChanges(client, async (changes) => {
    for (;;) {
      const hosts = await client.hosts.list();
      if (hosts.every(({ status }) => status.state !== 'checking')) return hosts;
      await nextChange(changes, ({ type }) => (type === 'hosts' ? true : null));
    }
  });
}

const checkTable = (checks: readonly HostCheck[]): string =>
  [
    table(
      ['CHECK', 'STATE', 'FOUND'],
      checks.map(({ id, state, message }) => [id, state, message]),
    ),
    ...checks.flatMap(({ id, hint }) => (hint === null ? [] : [`${id}: ${hint}`])),
  ].join('\n');

/** Options that every kind has. */
function common(command: Command): Command {
  return command
    .option('--read-only', 'Stowage never writes to it')
    .option('--default', 'new vfolders are made on it')
    .option('--force', 'keep it even when the test fails');
}

function withSecret(command: Command): Command {
  return common(command)
    .option('--prefix <folder>', 'begin at this folder of it')
    .option('--key-stdin', 'read the secret from standard input')
    .option('--session', 'forget the secret when Stowage ends')
    .addHelpText('after', secretsNote);
}

function addLocal(add: Command, act: Act): void {
  common(add.command('local <name> <directory>').description('a directory of this machine')).action(
    act((context, name: string, directory: string, options: AddOptions) =>
      addTested(context, name, localAttach(directory), options),
    ),
  );
}

function addAzure(add: Command, act: Act): void {
  withSecret(
    add
      .command('azure <name>')
      .description(
        'an Azure Blob account or container; the secret may be a key, a SAS, a connection string or an address with SAS',
      )
      .option('--account <account>', 'name of the storage account (AZURE_STORAGE_ACCOUNT)')
      .option('--endpoint <url>', 'of the account, where it is not Azure’s own')
      .option('--container <container>', 'begin at this container')
      .option('--emulator', 'the local emulator Azurite, which needs no secret'),
  )
    .addHelpText('after', 'Variables: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN.')
    .action(
      act(async (context, name: string, options: AddOptions & AzureOptions) =>
        addTested(context, name, await azureAttach(options), options),
      ),
    );
}

function addS3(add: Command, act: Act): void {
  withSecret(
    add
      .command('s3 <name>')
      .description('an S3 service or bucket')
      .option('--endpoint <url>', 'of the service or a bucket, e.g. s3://BUCKET; Amazon’s own when left out')
      .option('--region <region>', 'where it is (AWS_REGION)')
      .option('--bucket <bucket>', 'begin at this bucket')
      .option('--access-key-id <id>', 'the public part of the key pair (AWS_ACCESS_KEY_ID)')
      .option('--profile <profile>', 'take key pair, region and endpoint from this profile of the AWS command line')
      .option('--path-style', 'the bucket is part of the path')
      .option('--no-path-style', 'the bucket is part of the host name'),
  )
    .addHelpText('after', 'Variables: AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.')
    .action(
      act(async (context, name: string, options: AddOptions & S3Options) =>
        addTested(context, name, await s3Attach(options), options),
      ),
    );
}

/** @throws StowageError of the first thing that is wrong, unless it is forced */
async function addTested(
  { client, session, output }: Context,
  name: string,
  attach: HostAttach,
  options: AddOptions,
): Promise<void> {
  const readOnly = options.readOnly ?? false;
  if (!options.force) {
    output.progress('Testing the host …');
    const { checks } = await client.hosts.test({ attach, readOnly });
    output.progress(null);
    const failed = checks.find(({ state }) => state === 'error');
    if (failed) throw failure(failed, 'The host was not added. ');
    for (const { state, message } of checks)
      if (state === 'warning' && !output.json) process.stderr.write(`stowage: ${message}\n`);
  }
  const isDefault = options.default ?? false;
  const keep = options.session ? ({ keep: 'session' } as const) : {};
  const added = await client.hosts.add({ name, attach, readOnly, isDefault, ...keep });
  const storage = await client.hosts.secretStorage();
  const lines = [`Added ${added.name}: ${added.root}.`];
  if (added.secret === 'file' || added.secret === 'keychain') lines.push(storage.message);
  if (added.secret === 'session' && session.own)
    lines.push('Its secret is forgotten now, since no Stowage is running that could keep it.');
  output.result(added, () => lines.join('\n'));
}

function addUpdate(host: Command, act: Act): void {
  host
    .command('update <host>')
    .description('changes a host; its vfolders stay')
    .option('--name <name>', 'another name')
    .option('--credentials', 'give its secret again, or another')
    .option('--key-stdin', 'read the secret from standard input (with --credentials)')
    .option('--access-key-id <id>', 'another key pair of S3 (with --credentials)')
    .option('--profile <profile>', 'the key pair of this profile of the AWS command line (with --credentials)')
    .option('--read-only', 'Stowage never writes to it')
    .option('--read-write', 'Stowage may write to it')
    .option('--default', 'new vfolders are made on it')
    .option('--session', 'forget the secret when Stowage ends')
    .option('--save', 'save the secret')
    .addHelpText('after', secretsNote)
    .action(
      act(async ({ client, output }, id: string, options: UpdateOptions) => {
        const found = await client.hosts.get({ id });
        const attach = options.credentials ? { attach: await newCredentials(found, options) } : {};
        output.result(
          await client.hosts.update({ id: found.id, ...attach, ...changesOf(options) }),
          (changed) => `Changed ${changed.name}.`,
        );
      }),
    );
}

function changesOf(options: UpdateOptions): Partial<Parameters<StowageClient['hosts']['update']>[0]> {
  const { name, readOnly, readWrite, session, save } = options;
  if ((readOnly && readWrite) || (session && save)) {
    throw new StowageError('bad-request', 'The options contradict each other.', {
      hint: 'Give one of --read-only and --read-write, and one of --session and --save.',
    });
  }
  return {
    ...(name !== undefined && { name }),
    ...((readOnly || readWrite) && { readOnly: readOnly === true }),
    ...(options.default && { isDefault: true }),
    ...((session || save) && { keep: session ? 'session' : 'saved' }),
  };
}

const codes: Record<HostCheck['id'], ErrorCode> = {
  reach: 'host-unreachable',
  credentials: 'credentials-rejected',
  clock: 'clock-wrong',
  expiry: 'credentials-expired',
  list: 'permission-denied',
  write: 'read-only',
};

/** What a test found, as an error that scripts can tell apart by its exit code. */
const failure = ({ id, message, hint }: HostCheck, before = ''): StowageError =>
  new StowageError(codes[id], before + message, { subject: id, hint: hint ?? undefined });
