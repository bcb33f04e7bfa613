import { parseCommandLine } from '#shared/command-line.ts';
import type { LinkRequest } from '#shared/contract/plan.ts';

export interface LinkLines {
  readonly links: readonly LinkRequest[];
  /** Lines that say no link. */
  readonly refused: readonly string[];
}

/**
 * Reads symlinks as people have them at hand, one a line: `target link` or the whole command as `ln -s` takes it, `link ->
 * target` as `ls -l` shows it. Blank lines, comments, and the `mkdir` and `set` of a script are passed over.
 */
export function parseLinkLines(text: string): LinkLines {
  const links: LinkRequest[] = [];
  const refused: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    for (const part of commandsOf(line)) {
      if (part === '' || part.startsWith('#')) continue;
      const { argv, error } = parseCommandLine(part);
      if (argv[0] === 'mkdir' || argv[0] === 'set') continue;
      const link = error === null ? readLink(argv) : null;
      if (link) links.push(link);
      else refused.push(part);
    }
  }
  return { links, refused };
}

/** The commands of a line, divided at `;` and `&&` outside of quotes. */
function commandsOf(line: string): string[] {
  if (line.trim().startsWith('#')) return [];
  const parts = line.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|&(?!&)|[^'"\\;&]|['"\\])+|&&|;/g) ?? [];
  return parts.filter((part) => part !== '&&' && part !== ';').map((part) => part.trim());
}

function readLink(argv: readonly string[]): LinkRequest | null {
  const arrow = argv.findIndex((word) => word === '->' || word === '→');
  if (arrow >= 0) {
    // Of a line of `ls -l` the name is the last word before the arrow.
    const [path, target, ...rest] = [argv[arrow - 1], ...argv.slice(arrow + 1)];
    return path && target && rest.length === 0 ? { path, target } : null;
  }
  const words = argv[0] === 'ln' ? argv.slice(1).filter((word) => !/^(-[sfnvT]+|--symbolic|--force|--)$/.test(word)) : argv;
  const [target, path, ...rest] = words;
  return target && path && rest.length === 0 && !target.startsWith('-') ? { path, target } : null;
}

/** Whether a text that is pasted into one field is more than one path: then it is read as lines of links. */
export const isLinkLines = (text: string): boolean =>
  /[\r\n]/.test(text.trim()) || /\s(->|→)\s/.test(text) || /^\s*ln\s+-/.test(text);
