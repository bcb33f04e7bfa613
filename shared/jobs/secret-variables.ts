import type { EnvironmentVariable, JobSpec } from '../contract/plan.ts';

/** What stands in the place of a secret value in plans, stored specs and answers. */
export const secretMarker = '[secret]';

/** A secret of fewer characters is not masked in logs: it would be found in innocent words. */
export const shortestMasked = 4;

/** The variable as it may be stored and shown. */
export const maskVariable = (variable: EnvironmentVariable): EnvironmentVariable =>
  variable.secret === undefined ? variable : { ...variable, value: secretMarker };

/** The spec as it may be stored and shown. */
export const maskSpec = <Spec extends Pick<JobSpec, 'env'>>(spec: Spec): Spec =>
  spec.env.some(isSecret) ? { ...spec, env: spec.env.map(maskVariable) } : spec;

export const isSecret = ({ secret }: EnvironmentVariable): boolean => secret !== undefined;

/** A secret that was given with this very spec, and is kept nowhere yet. */
export const isNewSecret = ({ secret, kept }: EnvironmentVariable): boolean => secret !== undefined && kept === undefined;

/** The variable that names the file of a secret. */
export const fileVariable = (name: string): string => `${name}_FILE`;

/** Whether a variable is likely a secret, by its name: a proposal for people, who decide. */
export const looksSecret = (name: string): boolean =>
  /(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|PASS|PWD|CREDENTIALS?|(API|ACCESS|SECRET|PRIVATE|ACCOUNT|AUTH|LICEN[CS]E)_?KEY)(_|$)/i.test(
    name,
  ) && !/^(OLD)?PWD$|(FILE|PATH|DIR|ID|NAME|URL)$/i.test(name);
