import { Command, CommanderError } from 'commander';
import { fromContract } from '#shared/client-errors.ts';
import { StowageError } from '#shared/errors.ts';
import { packageVersion } from './app/home.ts';
import type { Act } from './cli/act.ts';
import { addCacheCommands } from './cli/cache-commands.ts';
import { addCatCommand } from './cli/cat-command.ts';
import { addCompletionCommands } from './cli/completion.ts';
import { addCopyCommands } from './cli/copy-commands.ts';
import { addDotfileCommands } from './cli/dotfile-commands.ts';
import { addDuCommand } from './cli/du-command.ts';
import { addEngineCommands } from './cli/engine-commands.ts';
import { addFileCommands } from './cli/file-commands.ts';
import { addFindCommands } from './cli/find-commands.ts';
import { addHostCommands } from './cli/host-commands.ts';
import { addImageCommands } from './cli/image-commands.ts';
import { addImportCommand } from './cli/import-command.ts';
import { endWithReader } from './cli/interrupt.ts';
import { addJobCommands, addRunCommands } from './cli/job-commands.ts';
import { createOutput, printError, table } from './cli/output.ts';
import { addPropertyCommands } from './cli/property-commands.ts';
import { openSession } from './cli/session.ts';
import { addSyncCommand } from './cli/sync-command.ts';
import { addTemplateCommands } from './cli/template-commands.ts';
import { addTransferCommands } from './cli/transfer-commands.ts';
import { addVfolderCommands } from './cli/vfolder-commands.ts';

/** Exit code of a command line that could not be understood (sysexits EX_USAGE). */
const usageError = 64;

function createProgram(json: boolean): Command {
  const program = new Command('stowage')
    .description('Storage explorer, mount planner and job launcher in one.')
    .version(packageVersion())
    .option('--json', 'print JSON')
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => (json ? refuse(text) : write(text.replace(/^error: /, 'stowage: '))) })
    .helpCommand(false)
    .exitOverride();
  const act: Act =
    (command) =>
    async (...args) => {
      const json = args.some((arg) => arg instanceof Command && arg.optsWithGlobals().json === true);
      const output = createOutput(json);
      try {
        const session = await openSession();
        try {
          await command({ client: session.client, session, output }, ...args);
        } finally {
          await session.close();
        }
      } catch (thrown) {
        const error = fromContract(thrown);
        output.progress(null);
        printError(error, json);
        process.exitCode ||= error.exitCode;
      }
    };
  addHostCommands(program, act);
  addVfolderCommands(program, act);
  addFileCommands(program, act);
  addCatCommand(program, act);
  addPropertyCommands(program, act);
  addDuCommand(program, act);
  addFindCommands(program, act);
  addCopyCommands(program, act);
  addSyncCommand(program, act);
  addRunCommands(program, act);
  addImportCommand(program, act);
  addTemplateCommands(program, act);
  addJobCommands(program, act);
  addDotfileCommands(program, act);
  addTransferCommands(program, act);
  addCacheCommands(program, act);
  addImageCommands(program, act);
  addEngineCommands(program, act);
  program
    .command('doctor')
    .description('what works on this machine, and how to mend what does not')
    .action(
      act(async ({ client, output }) => {
        const checks = await client.app.doctor();
        output.result(checks, () =>
          [
            table(
              ['STATE', 'CHECK', 'FOUND'],
              checks.map((check) => [check.state, check.name, check.message]),
            ),
            ...checks.filter((check) => check.hint).map((check) => `${check.name}: ${check.hint}`),
          ].join('\n'),
        );
        if (checks.some((check) => check.state === 'error')) process.exitCode = 1;
      }),
    );
  program
    .command('serve')
    .description('offers the app on loopback to a browser')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async (_options, command: Command) => {
      const { runServe } = await import('./serve.ts');
      process.exitCode = await runServe(command.args);
    });
  addCompletionCommands(program);
  program
    .command('help [command...]')
    .description('what a command does')
    .action((words: string[]) => findCommand(program, words).outputHelp());
  finish(program, json);
  return program;
}

/** A command line that commander refuses, as the same data as every other error. */
const refuse = (text: string): void =>
  printError(
    new StowageError(
      'bad-request',
      text
        .replace(/^error: /, '')
        .trim()
        .replaceAll('\n', ' '),
    ),
    true,
  );

/** The command of these words. */
function findCommand(from: Command, words: readonly string[]): Command {
  let found = from;
  for (const word of words) {
    found = found.commands.find((each) => each.name() === word) ?? found.error(`error: unknown command '${word}'`);
  }
  return found;
}

/** `--json` may stand before or after the command's own words; a refused command line names the help that fits. */
function finish(command: Command, json: boolean, name = 'stowage'): void {
  if (!json) command.showHelpAfterError(`  See: ${name} --help`);
  for (const child of command.commands) {
    if (child.name() === 'help') continue;
    if (child.name() !== 'serve') child.option('--json', 'print JSON');
    finish(child, json, `${name} ${child.name()}`);
  }
}

/** Whether JSON was asked for, also where the rest cannot be understood. What follows `--` is the job's. */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json');

/** Runs one command line; sets the exit code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  endWithReader();
  try {
    await createProgram(wantsJson(argv)).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  }
}

/** Resolves when what was written has left the process, or nobody reads it any more. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.errored || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });

if (import.meta.main) {
  await runCli(process.argv.slice(2));
  await Promise.all([process.stdout, process.stderr].map(flushed));
  // Everything is closed: no timer of a stopped job's grace may hold the shell's prompt back.
  process.exit();
}
