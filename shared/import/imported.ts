import type { MountMode } from '../contract/base.ts';
import type { EnvironmentVariable, JobSpec } from '../contract/plan.ts';
import { looksSecret } from '../jobs/secret-variables.ts';

/** Where a job came from. */
export type ImportSource = 'docker' | 'floyd' | 'backend-ai' | 'codalab' | 'openpai' | 'stowage';

export const importSourceNames: Readonly<Record<ImportSource, string>> = {
  docker: 'docker run',
  floyd: 'floyd run',
  'backend-ai': 'Backend.AI',
  codalab: 'CodaLab',
  openpai: 'OpenPAI',
  stowage: 'Stowage',
};

/**
 * What became of a part of the pasted text that is not in the spec as it was: `lost` has no counterpart, so the job may
 * behave differently; `changed` is there in another way; `needless` is what Stowage does anyway.
 */
export interface Remark {
  readonly kind: 'lost' | 'changed' | 'needless';
  /** The part, as it was written. */
  readonly what: string;
  /** Why, in a sentence without its subject. */
  readonly why: string;
  /** What to do about it, in a sentence. */
  readonly hint?: string;
  /** A folder of this machine that would be mounted once it is linked as a vfolder. */
  readonly folder?: { readonly path: string; readonly mode: MountMode };
}

export interface Imported {
  readonly source: ImportSource;
  readonly spec: JobSpec;
  readonly remarks: readonly Remark[];
  /** The text speaks of the folder it is run in, which was not told. */
  readonly needsFolder: boolean;
}

/** What a pasted text can only be understood with. Everything may be missing. */
export interface ImportContext {
  /** The vfolders there are, with their folder on this machine. */
  readonly vfolders?: readonly { readonly name: string; readonly localPath: string | null }[];
  /** The folder that the command is run in: an absolute path. */
  readonly folder?: string | undefined;
  /** The person's home: an absolute path. */
  readonly home?: string | undefined;
  /** The environment of the shell that the command is meant for. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A spec while it is being filled, with the remarks on what is not in it. */
export interface Sheet {
  readonly spec: JobSpec;
  readonly remarks: Remark[];
  needsFolder: boolean;
  lost(what: string, why: string, more?: Pick<Remark, 'hint' | 'folder'>): void;
  changed(what: string, why: string, hint?: string): void;
  needless(what: string, why: string): void;
  /** Sets a variable; one that seems to be a secret is kept as one. Of equal names the last counts. */
  setVariable(name: string, value: string): void;
}

export function createSheet(): Sheet {
  const remarks: Remark[] = [];
  const spec: JobSpec = { command: [], mounts: [], env: [], resources: {} };
  return {
    spec,
    remarks,
    needsFolder: false,
    lost: (what, why, more = {}) => void remarks.push({ kind: 'lost', what, why, ...more }),
    changed: (what, why, hint) => void remarks.push({ kind: 'changed', what, why, ...(hint !== undefined && { hint }) }),
    needless: (what, why) => {
      const last = remarks.at(-1);
      // `-i -t` in one line.
      if (last?.kind === 'needless' && last.why === why) remarks[remarks.length - 1] = { ...last, what: `${last.what} ${what}` };
      else remarks.push({ kind: 'needless', what, why });
    },
    setVariable: (name, value) => {
      const secret = looksSecret(name) && value !== '';
      const variable: EnvironmentVariable = { name, value, ...(secret && { secret: 'env' as const }) };
      const at = spec.env.findIndex((one) => one.name === name);
      if (at >= 0) spec.env[at] = variable;
      else spec.env.push(variable);
      if (secret && !remarks.some((remark) => remark.what === name))
        remarks.push({ kind: 'changed', what: name, why: 'is kept as a secret, since its name says so' });
    },
  };
}
