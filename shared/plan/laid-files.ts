import { resolveTarget, workHome } from './target.ts';
import type { LaidFile, PlanRequest } from './types.ts';

/** Where files of secrets are, in a container and where there is none. */
const secretsFolder = ({ engine }: PlanRequest): string =>
  engine.absoluteTargets ? '/run/stowage/secrets' : `${workHome}/.stowage/secrets`;

/** The home directory of the job: what the request says it is, where that is a place. */
function homeOf({ spec }: PlanRequest): string {
  const asked = spec.env.findLast(({ name, secret }) => name === 'HOME' && secret === undefined)?.value;
  if (asked === undefined || !asked.startsWith('/')) return workHome;
  const { path, problem } = resolveTarget(asked, workHome);
  return problem || path === '/' ? workHome : path;
}

/** A name that is a variable's in any shell, and so no way out of its folder. */
export const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** Where the file of a secret variable is laid. */
export const secretPath = (request: PlanRequest, name: string): string => `${secretsFolder(request)}/${name}`;

/** The files that are laid into the job: dotfiles under its home, secrets beside it. Of equal names the last counts. */
export function layFiles(request: PlanRequest): LaidFile[] {
  const { spec, dotfiles = [] } = request;
  const home = homeOf(request);
  const ofDotfiles = spec.noDotfiles
    ? []
    : dotfiles.map(({ path, mode }): LaidFile => ({ origin: 'dotfile', name: path, path: `${home}/${path}`, mode }));
  const names = new Map(spec.env.map(({ name, secret }) => [name, secret]));
  const ofSecrets = [...names].flatMap(([name, secret]): LaidFile[] =>
    secret === 'file' && isVariableName(name) ? [{ origin: 'secret', name, path: secretPath(request, name), mode: 0o600 }] : [],
  );
  return [...ofDotfiles, ...ofSecrets];
}
