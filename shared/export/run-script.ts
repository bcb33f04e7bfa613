import { quoteWord } from '../command-line.ts';
import { fileVariable } from '../jobs/secret-variables.ts';
import { visible } from '../paths.ts';
import type { ContainerRun } from './container-run.ts';
import { dockerLine, fetchLine } from './docker-run.ts';

/** A script for `sh` that brings what has to be here, checks the secrets, and runs the container. */
export function toRunScript(run: ContainerRun): string {
  const lines = [
    '#!/bin/sh',
    `# ${visible(run.name ?? run.image)}: runs as the job does in Stowage.`,
    ...run.notes.map((note) => `# ${visible(note)}`),
    'set -eu',
    ...run.secrets.map(({ name, as }) => `: "\${${as === 'env' ? name : fileVariable(name)}:?is not set}"`),
    ...run.made.map((path) => `mkdir -p ${quoteWord(path)}`),
    ...run.fetched.map(fetchLine),
    dockerLine(run, 'exec '),
  ];
  return `${lines.join('\n')}\n`;
}
