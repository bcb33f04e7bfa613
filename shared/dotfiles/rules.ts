import { StowageError } from '../errors.ts';
import { utf8Length } from '../names.ts';
import { parseInnerPath, visible } from '../paths.ts';

/** Limits of all dotfiles together, as Backend.AI has them. */
export const mostDotfiles = 100;
export const mostDotfileBytes = 64 * 1024;

const deepest = 10;
const longestName = 255;

/** Stowage’s own folder in a job’s home. */
const reserved = ['.stowage'];

/**
 * The path of a dotfile below the home directory, as it is kept.
 * @throws StowageError `path-refused` (climbs, does not begin with “.”, too deep or long), `name-reserved`
 */
export function parseDotfilePath(raw: string): string {
  const refuse = (why: string): StowageError =>
    new StowageError('path-refused', `“${visible(raw)}” cannot be a dotfile: ${why}.`, {
      subject: raw,
      hint: 'Write a path below the home directory, such as .bashrc or .aws/config.',
    });
  const text = raw.replace(/^~\//, '');
  if (text.startsWith('/')) throw refuse('its path begins at “/”, not at the home directory');
  const path = parseInnerPath(text);
  if (!path.startsWith('.')) throw refuse('it does not begin with “.”');
  if (text.endsWith('/')) throw refuse('it is a folder');
  if (/[\u0000-\u001f\u007f]/.test(path)) throw refuse('it contains control characters');
  const segments = path.split('/');
  if (segments.length > deepest) throw refuse(`it is ${segments.length} folders deep, ${deepest} are allowed`);
  if (segments.some((segment) => utf8Length(segment) > longestName)) throw refuse(`a name has more than ${longestName} bytes`);
  const taken = reserved.find((one) => path === one || path.startsWith(`${one}/`));
  if (taken !== undefined)
    throw new StowageError('name-reserved', `“${visible(path)}” is refused: Stowage itself uses ${taken} in every job.`, {
      subject: path,
    });
  return path;
}

/** What has to hold of all dotfiles together, with `next` among them. @throws StowageError `exists`, `bad-request` */
export function checkDotfiles(
  others: readonly { readonly path: string; readonly bytes: number }[],
  next: { readonly path: string; readonly bytes: number },
): void {
  const above = others.find(({ path }) => next.path.startsWith(`${path}/`));
  if (above)
    throw new StowageError('exists', `“${next.path}” cannot lie in “${above.path}”, which is a dotfile itself.`, {
      subject: next.path,
    });
  const below = others.find(({ path }) => path.startsWith(`${next.path}/`));
  if (below)
    throw new StowageError('exists', `“${next.path}” cannot be a file: it is the folder of the dotfile “${below.path}”.`, {
      subject: next.path,
    });
  if (others.length >= mostDotfiles)
    throw new StowageError('bad-request', `There are ${mostDotfiles} dotfiles already, more are not allowed.`, {
      subject: next.path,
      hint: 'Remove one that is no longer needed, or put larger sets of files into a vfolder.',
    });
  const bytes = others.reduce((sum, one) => sum + one.bytes, next.bytes);
  if (bytes > mostDotfileBytes)
    throw new StowageError(
      'bad-request',
      `All dotfiles together would have ${bytes} bytes, ${mostDotfileBytes} (64 KiB) are allowed.`,
      { subject: next.path, hint: 'Put larger files into a vfolder and mount it.' },
    );
}
