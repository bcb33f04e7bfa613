import type { LinkRequest } from '../contract/plan.ts';
import { ancestorsUp } from './target.ts';

/** The shell script that lays the same links: what a person would write by hand. Paths are quoted, whatever is in them. */
export function linkScript(links: readonly LinkRequest[]): string {
  const lines = links.map(({ path, target }) => {
    const [parent] = ancestorsUp(path);
    const link = `ln -s ${quoted(target)} ${quoted(path)}`;
    return parent === undefined ? link : `mkdir -p ${quoted(parent)} && ${link}`;
  });
  return `#!/bin/sh\nset -e\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** As one word for a shell; plain words as they are. */
const quoted = (text: string): string => (/^[A-Za-z0-9_./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
