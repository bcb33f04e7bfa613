import { parse } from 'yaml';
import { jobSpecSchema } from '../contract/plan.ts';
import { StowageError } from '../errors.ts';
import { importBackendAi } from './backend-ai.ts';
import { importCodalab } from './codalab.ts';
import { importDocker } from './docker.ts';
import { type FoundCommand, findCommand } from './find-command.ts';
import { importFloyd } from './floyd.ts';
import type { ImportContext, Imported, ImportSource, Remark, Sheet } from './imported.ts';
import { type Fields, fieldOf, isFields, parseLooseJson } from './loose-data.ts';
import { importOpenPaiJson } from './openpai.ts';
import { importOpenPaiProtocol } from './openpai-protocol.ts';
import { readShell, type ShellKnowledge } from './shell.ts';
import { importStowage } from './stowage.ts';

/** Longer texts are no command that somebody pasted. */
const longest = 1_048_576;

const importers: Readonly<Record<FoundCommand['source'], (command: FoundCommand, context: ImportContext) => Sheet>> = {
  docker: importDocker,
  floyd: importFloyd,
  'backend-ai': importBackendAi,
  codalab: importCodalab,
  openpai: () => nothingKnown(),
  stowage: () => nothingKnown(),
};

/**
 * The job that a pasted text asks for, with everything of it that is not in the spec. Pure: nothing is run, looked up or
 * fetched. The text is a command of docker, floyd, backend.ai or cl, a job of OpenPAI in JSON or YAML, or one that Stowage
 * exported.
 * @throws StowageError `bad-request` for everything else, saying what can be pasted
 */
export function importJob(text: string, context: ImportContext = {}): Imported {
  if (text.length > longest) throw new StowageError('bad-request', 'The text is longer than 1 MiB, which no job is.');
  if (text.trim() === '') return nothingKnown();
  const data = readData(text);
  return data === null ? importCommand(text, context) : importData(data, context);
}

/** What seems to be JSON or YAML, read; null for everything else. */
function readData(text: string): Fields | null {
  const bare = text.replace(/^\s*(?:```|~~~)\w*\s*\n|\n\s*(?:```|~~~)\s*$/g, '');
  const isJson = /^\s*(?:(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/)\s*)*\{/.test(bare);
  if (!isJson && !/^(?:protocolVersion|taskRoles|prerequisites)\s*:/m.test(bare)) return null;
  const data = isJson ? parseLooseJson(bare) : parseYaml(bare);
  return isFields(data) ? data : nothingKnown();
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: 'error', strict: false });
  } catch (error) {
    throw new StowageError('bad-request', 'This looks like YAML, but cannot be read as such.', {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}

function importData(data: Fields, context: ImportContext): Imported {
  if (fieldOf(data, 'stowage') !== undefined) return checked('stowage', importStowage(data));
  if (isFields(fieldOf(data, 'taskRoles'))) return checked('openpai', importOpenPaiProtocol(data, context));
  if (Array.isArray(fieldOf(data, 'taskRoles'))) return checked('openpai', importOpenPaiJson(data, context));
  return nothingKnown();
}

function importCommand(text: string, context: ImportContext): Imported {
  const { commands, error } = readShell(text, knowledgeOf(context));
  const result = findCommand(commands);
  if (result === null) return nothingKnown();
  if (error !== null) throw new StowageError('bad-request', error, { hint: 'See whether the whole command was copied.' });
  const { found, remarks } = result;
  const sheet = importers[found.source](found, context);
  if (found.maxSeconds !== null) sheet.spec.maxSeconds = found.maxSeconds;
  return checked(found.source, sheet, remarks);
}

/** What the person's own shell would have filled in, as far as it is told. */
function knowledgeOf({ folder, home, environment }: ImportContext): ShellKnowledge {
  return {
    variable: (name) => {
      if (name === 'PWD') return folder;
      if (name === 'HOME') return home ?? environment?.HOME;
      return environment !== undefined && Object.hasOwn(environment, name) ? environment[name] : undefined;
    },
    output: (script) => (script === 'pwd' || script === 'pwd -P' ? folder : undefined),
  };
}

/** Nothing leaves here that the contract would refuse later. */
function checked(source: ImportSource, sheet: Sheet, before: readonly Remark[] = []): Imported {
  const parsed = jobSpecSchema.safeParse(sheet.spec);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StowageError(
      'bad-request',
      `The job cannot be taken over: ${issue?.path.join('.') ?? ''} is too long or too large.`,
      {
        detail: issue?.message,
      },
    );
  }
  return { source, spec: parsed.data, remarks: [...before, ...sheet.remarks], needsFolder: sheet.needsFolder };
}

function nothingKnown(): never {
  throw new StowageError('bad-request', 'This is no command or job that can be taken over.', {
    hint: 'Paste docker run, floyd run, backend.ai run, cl run, a job of OpenPAI in JSON or YAML, or one that Stowage exported.',
  });
}
