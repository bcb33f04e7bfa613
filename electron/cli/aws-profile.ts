import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

/** Settings of a profile of the AWS command line, by their names there, e.g. `aws_access_key_id`, `region`. */
export type AwsProfile = ReadonlyMap<string, string>;

/**
 * Reads a profile from the files of the AWS command line (`~/.aws/credentials`, `~/.aws/config`, or where
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say).
 * @throws StowageError `not-found` when neither has it
 */
export async function readAwsProfile(name: string, environment: NodeJS.ProcessEnv = process.env): Promise<AwsProfile> {
  const folder = join(homedir(), '.aws');
  const credentials = environment.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials');
  const config = environment.AWS_CONFIG_FILE ?? join(folder, 'config');
  const found = new Map([
    ...(section(await readOrEmpty(config), [name === 'default' ? 'default' : `profile ${name}`]) ?? []),
    ...(section(await readOrEmpty(credentials), [name]) ?? []),
  ]);
  if (found.size > 0) return found;
  throw new StowageError('not-found', `There is no AWS profile “${visible(name)}”.`, {
    subject: name,
    hint: `It is looked for in “${credentials}” and “${config}”.`,
  });
}

const readOrEmpty = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new StowageError('permission-denied', `“${path}” cannot be read.`, { subject: path }, { cause: error });
  });

/** The pairs below the first heading `[name]` of these; nested settings, which are indented, are left out. */
function section(text: string, names: readonly string[]): [string, string][] | null {
  let inside = false;
  const pairs: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) {
      if (inside) break;
      inside = names.includes(heading);
      continue;
    }
    const [, key, value] = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined && value !== '') pairs.push([key.toLowerCase(), value]);
  }
  return pairs.length > 0 ? pairs : null;
}
