import type { JobSpec, Plan } from '../contract/plan.ts';
import { assertNever } from '../errors.ts';
import { toCompose } from './compose.ts';
import { type ContainerRun, containerRun } from './container-run.ts';
import { toDockerRun } from './docker-run.ts';
import { toJson } from './exported-job.ts';
import { toRunScript } from './run-script.ts';

export const exportFormats = ['docker', 'compose', 'script', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportNames: Readonly<Record<ExportFormat, { readonly label: string; readonly file: string }>> = {
  docker: { label: 'docker run', file: 'docker-run.sh' },
  compose: { label: 'Compose file', file: 'compose.yaml' },
  script: { label: 'run.sh', file: 'run.sh' },
  json: { label: 'JSON', file: 'job.json' },
};

export interface Exported {
  readonly text: string;
  /** What is different there, in sentences. */
  readonly notes: readonly string[];
}

/** A job in the words of another tool; null for one without a container, which only Stowage can run. */
export function exportJob(format: ExportFormat, spec: JobSpec, plan: Plan): Exported | null {
  if (format === 'json') {
    const secrets = spec.env.filter(({ secret }) => secret !== undefined);
    return { text: toJson(spec), notes: secrets.map(({ name }) => `The secret ${name} is there without its value.`) };
  }
  const run = containerRun(spec, plan);
  return run && { text: inFormat(format, run), notes: notesFor(format, run) };
}

function inFormat(format: Exclude<ExportFormat, 'json'>, run: ContainerRun): string {
  switch (format) {
    case 'docker':
      return toDockerRun(run);
    case 'compose':
      return toCompose(run);
    case 'script':
      return toRunScript(run);
    default:
      return assertNever(format);
  }
}

const notesFor = (format: ExportFormat, { notes, maxSeconds }: ContainerRun): readonly string[] =>
  format === 'compose' && maxSeconds !== null
    ? [...notes, `The limit of ${maxSeconds} seconds is not in it: Compose has none.`]
    : notes;
