import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { StowageError } from '#shared/errors.ts';

/**
 * Finds the command before the start, where the run will see it. `place` says where a path of the run lies on this machine.
 * @throws `command-not-found`, `command-not-executable`
 */
export async function checkCommand(
  command: string,
  options: { path: string; workdir: string; place: (path: string) => string },
): Promise<void> {
  const candidates = command.includes('/')
    ? [posix.resolve(options.workdir, command)]
    : options.path.split(':').map((folder) => join(folder || options.workdir, command));
  let isThere = false;
  for (const candidate of candidates.map(options.place)) {
    const facts = await stat(candidate).catch(() => null);
    if (!facts) continue;
    isThere = true;
    const canExecute = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (facts.isFile() && canExecute) return;
  }
  if (isThere)
    throw new StowageError('command-not-executable', `The command “${command}” is there but cannot be executed.`, {
      subject: command,
      hint: 'Make it executable (chmod +x), or run it through its interpreter, such as “sh FILE”.',
    });
  throw new StowageError('command-not-found', `The command “${command}” was not found on this machine.`, {
    subject: command,
    hint: 'Check the spelling, install the program, or give its full path.',
  });
}
