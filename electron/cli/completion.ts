import type { Argument, Command, Option } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import { completionScript, shells } from './completion-scripts.ts';
import { openSession } from './session.ts';

/**
 * `stowage completion SHELL`, which prints what a shell needs to complete command lines, and the hidden command that it
 * asks at each Tab.
 */
export function addCompletionCommands(program: Command): void {
  program
    .command('completion <shell>')
    .description(`prints a script that completes commands and addresses (${shells.join(', ')})`)
    .addHelpText('after', '\nFor bash: add to ~/.bashrc\n  source <(stowage completion bash)')
    .action((shell: string, _options: unknown, command: Command) => {
      const script = completionScript(shell);
      if (script === null) command.error(`error: there is no completion for '${shell}' (there is for ${shells.join(', ')})`);
      else process.stdout.write(script);
    });
  program
    .command('__complete [words...]', { hidden: true })
    .description('what the last word could be, one a line')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (words: string[]) => {
      const found = await candidates(program, words, openBriefly).catch(() => []);
      // A name with a line break could not be told from two names.
      const lines = found.filter((candidate) => !/[\r\n]/.test(candidate)).map((candidate) => `${candidate}\n`);
      process.stdout.write(lines.join(''));
    });
}

type Ask = (question: (client: StowageClient) => Promise<string[]>) => Promise<string[]>;

const openBriefly: Ask = async (question) => {
  const session = await openSession();
  try {
    return await question(session.client);
  } finally {
    await session.close();
  }
};

const most = 100;

/**
 * What the last of the words could be: commands and options from the declarations, names and addresses from the core,
 * which is asked only where one of those can stand.
 */
export async function candidates(program: Command, words: readonly string[], ask: Ask): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const { command, operands, option } = readWords(program, words.slice(0, -1));
  const begins = (candidate: string): boolean => candidate.startsWith(typed);
  if (option) return (option.argChoices ?? []).filter(begins);
  if (typed.startsWith('-')) {
    const flags = command.options.flatMap(({ long, short, hidden }) => (hidden ? [] : [long ?? short ?? '']));
    return flags.filter((flag) => flag !== '' && begins(flag));
  }
  if (command.commands.length > 0) {
    if (operands.length > 0) return [];
    const names = command
      .createHelp()
      .visibleCommands(command)
      .map((child) => child.name());
    return names.filter(begins);
  }
  const argument = argumentAt(command, operands.length);
  if (!argument) return [];
  if (argument.argChoices) return argument.argChoices.filter(begins);
  const found = await ask((client) => answersFor(client, { command, argument: argument.name(), operands, typed }));
  return found.filter(begins);
}

interface Words {
  readonly command: Command;
  /** Words that are neither commands nor options, nor values of options. */
  readonly operands: string[];
  /** The option whose value comes next. */
  readonly option: Option | null;
}

function readWords(program: Command, words: readonly string[]): Words {
  let command = program;
  let option: Option | null = null;
  const operands: string[] = [];
  for (const word of words) {
    if (option) option = null;
    else if (word.startsWith('-') && word !== '-') {
      const known = command.options.find(({ long, short }) => word === long || word === short);
      option = known && !known.isBoolean() ? known : null;
    } else {
      const child: Command | undefined =
        operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (child) command = child;
      else operands.push(word);
    }
  }
  return { command, operands, option };
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}

async function answersFor(
  client: StowageClient,
  { command, argument, operands, typed }: { command: Command; argument: string; operands: readonly string[]; typed: string },
): Promise<string[]> {
  if (argument === 'host') return (await client.hosts.list()).map(({ name }) => name);
  const ofVfolder = command.parent?.name() === 'vfolder';
  if (ofVfolder && operands.length === 0) return vfolderNames(client, argument);
  // A new name, and paths of this machine, are the shell's.
  if (ofVfolder && !pathArguments.has(argument)) return [];
  if (ofVfolder && command.name() === 'upload') return [];
  if (ofVfolder) {
    const begin = `${operands[0]}:/`;
    const inside = await client.files.complete({ text: begin + typed, limit: most });
    return inside.map(({ address }) => address.slice(begin.length));
  }
  if (!takesAddress(command, argument)) return [];
  return (await client.files.complete({ text: typed, limit: most })).map(({ address }) => address);
}

const pathArguments = new Set(['path', 'paths', 'from', 'to']);

/** Commands with a number, a name or a command line of their own as arguments take no addresses. */
const takesAddress = (command: Command, argument: string): boolean =>
  !['job', 'host', 'transfer', 'dotfile'].includes(command.parent?.name() ?? '') &&
  !['id', 'command', 'shell', 'query'].includes(argument);

async function vfolderNames(client: StowageClient, argument: string): Promise<string[]> {
  const trashed = argument === 'nameOrId';
  return (await client.vfolders.list({ trashed })).map(({ name }) => name);
}
