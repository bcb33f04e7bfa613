import { quoteWord } from '../command-line.ts';
import type { LinkRequest } from '../contract/plan.ts';
import { ancestorsUp } from './target.ts';

/** The shell script that lays the same links: what a person would write by hand. Paths are quoted, whatever is in them. */
export function linkScript(links: readonly LinkRequest[]): string {
  const lines = links.map(({ path, target }) => {
    const [parent] = ancestorsUp(path);
    const link = `ln -s ${quoteWord(target)} ${quoteWord(path)}`;
    return parent === undefined ? link : `mkdir -p ${quoteWord(parent)} && ${link}`;
  });
  return `#!/bin/sh\nset -e\n${lines.map((line) => `${line}\n`).join('')}`;
}
