import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { StowageError } from '#shared/errors.ts';

/**
 * Finds a command as the shell would, before anything is started, so that a typing error has its own message.
 * `toHost` gives the path on this machine of a path as the job sees it.
 * @throws StowageError `command-not-found`, `command-not-executable`
 */
export async function checkCommand(
  command: string,
  options: { searchPath: string; workdir: string; toHost: (path: string) => string },
): Promise<void> {
  const candidates = command.includes('/')
    ? [isAbsolute(command) ? command : join(options.workdir, command)]
    : options.searchPath.split(delimiter).map((folder) => join(folder, command));
  let found = false;
  for (const candidate of candidates) {
    const path = options.toHost(candidate);
    const entry = await stat(path).catch(() => null);
    if (!entry) continue;
    found = true;
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (entry.isFile() && executable) return;
  }
  if (found) {
    throw new StowageError('command-not-executable', `“${command}” cannot be executed on this machine.`, {
      subject: command,
      hint: 'Make it executable (chmod +x), or run it through its interpreter, such as “sh FILE”.',
    });
  }
  throw new StowageError('command-not-found', `The command “${command}” was not found on this machine.`, {
    subject: command,
    hint: 'Check the spelling, or give the full path of the command.',
  });
}
