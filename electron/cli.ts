import { Command, CommanderError } from 'commander';
import { fromContract } from '#shared/client-errors.ts';
import { packageVersion } from './app/home.ts';
import type { Act } from './cli/act.ts';
import { addJobCommands, addRunCommands } from './cli/job-commands.ts';
import { createOutput, printError, table } from './cli/output.ts';
import { openSession } from './cli/session.ts';
import { addTransferCommands } from './cli/transfer-commands.ts';
import { addVfolderCommands } from './cli/vfolder-commands.ts';
import { runServe } from './serve.ts';

/** Exit code of a command line that could not be understood (sysexits EX_USAGE). */
const usageError = 64;

function createProgram(): Command {
  const program = new Command('stowage')
    .description('Storage explorer, mount planner and job launcher in one.')
    .version(packageVersion())
    .option('--json', 'print JSON')
    .enablePositionalOptions()
    .exitOverride();
  const act: Act =
    (command) =>
    async (...args) => {
      const json = args.some((arg) => arg instanceof Command && arg.optsWithGlobals().json === true);
      const output = createOutput(json);
      try {
        const session = await openSession();
        try {
          await command({ client: session.client, output }, ...args);
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
  addVfolderCommands(program, act);
  addRunCommands(program, act);
  addJobCommands(program, act);
  addTransferCommands(program, act);
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
      process.exitCode = await runServe(command.args);
    });
  addJsonEverywhere(program);
  return program;
}

/** `--json` may stand before or after the command's own words. */
function addJsonEverywhere(command: Command): void {
  for (const child of command.commands) {
    if (child.commands.length === 0 && child.name() !== 'serve') child.option('--json', 'print JSON');
    addJsonEverywhere(child);
  }
}

/** Runs one command line; sets the exit code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  }
}

if (import.meta.main) await runCli(process.argv.slice(2));
