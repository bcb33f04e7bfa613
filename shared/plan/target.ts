import { utf8Length } from '../names.ts';
import { visible } from '../paths.ts';
import type { TargetProblem } from './types.ts';

/** The home and default working directory of every job. */
export const workHome = '/home/work';

/** Deeper targets are refused: nobody means them, and the container tree stays shallow. */
const maxDepth = 100;
const maxSegmentBytes = 255;

/** The non-empty segments of a path. */
export const segmentsOf = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

/** Resolves `.`, `..`, doubled and trailing slashes of an absolute path. `climbs`: a `..` led above the root. */
export function normalisePath(path: string): { path: string; climbs: boolean } {
  // Most paths are normal, and taking them apart costs more than seeing that.
  if (path.length > 1 && path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && !path.includes('/.')) {
    return { path, climbs: false };
  }
  const kept: string[] = [];
  let climbs = false;
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) climbs = true;
  }
  return { path: `/${kept.join('/')}`, climbs };
}

export type ResolvedTarget = { path: string; problem: null } | { path: string; problem: TargetProblem };

/**
 * A target as an absolute, normalised path: one that begins with `/` is absolute, any other lies under `base`.
 * With a problem, `path` is the text as it was written. Resolving a resolved path changes nothing.
 */
export function resolveTarget(raw: string, base: string): ResolvedTarget {
  const problem = (why: string, suggestion: string | null = null): ResolvedTarget => ({
    path: raw,
    problem: { why, suggestion },
  });
  if (raw.trim() === '') return problem('is empty');
  if (raw.includes('\0')) return problem('contains a NUL byte');
  if (raw.startsWith('/')) {
    const { path, climbs } = normalisePath(raw);
    if (climbs) return problem('climbs above “/” with “..”', path === '/' ? null : path);
    return checkShape(path, problem);
  }
  const { path, climbs } = normalisePath(`${base}/${raw}`);
  if (climbs) return problem('climbs above “/” with “..”');
  if (!isBelowOrSame(path, base)) {
    return problem(`climbs out of the working directory ${visible(base)} with “..”`, path === '/' ? null : path);
  }
  return checkShape(path, problem);
}

function checkShape(path: string, problem: (why: string) => ResolvedTarget): ResolvedTarget {
  // Too short for either: a character has at most three bytes per unit of length.
  if (path.length * 3 <= maxSegmentBytes) return { path, problem: null };
  const segments = segmentsOf(path);
  if (segments.length > maxDepth) return problem(`is ${segments.length} folders deep, ${maxDepth} are allowed`);
  const long = segments.find((segment) => utf8Length(segment) > maxSegmentBytes);
  if (long !== undefined) return problem(`has a name of ${utf8Length(long)} bytes, ${maxSegmentBytes} are allowed`);
  return { path, problem: null };
}

/** True when `path` is `folder` or lies below it; both absolute, normalised, `/`-separated. */
export const isBelowOrSame = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);

export const isBelow = (path: string, folder: string): boolean => path !== folder && isBelowOrSame(path, folder);

/** The folders above an absolute path, from the top, without `/` and the path itself. */
export function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let cut = path.indexOf('/', 1); cut > 0; cut = path.indexOf('/', cut + 1)) ancestors.push(path.slice(0, cut));
  return ancestors;
}

/** As {@link ancestorsOf}, the nearest first: who finds what it looks for early need not cut the rest. */
export function* ancestorsUp(path: string): Generator<string> {
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) yield path.slice(0, cut);
}

const alwaysSystem = ['proc', 'sys', 'dev'];
const systemTops = new Set(['bin', 'sbin', 'usr', 'etc', 'run', 'boot', ...alwaysSystem]);
const libraryTop = /^lib(32|64|x32|exec|o32)?$/;
/** Parts of `/usr` that belong to the administrator or to programs: `/usr/src/app` is where many images keep theirs. */
const openUsr = /^\/usr\/(src|local\/(?!(bin|sbin|lib|lib64|libexec|etc|include)(\/|$))[^/]+)(\/|$)/;

/**
 * Whether a normalised target takes the place of the system: `always` (the kernel's own folders, or a system folder itself),
 * `below` (inside a system folder: harmful unless the image has nothing there), or null.
 */
export function systemPath(target: string): 'always' | 'below' | null {
  // `/var/run` is a link to `/run` wherever there is a `/run`.
  const path = target.startsWith('/var/run') ? target.replace(/^\/var\/run(?=\/|$)/, '/run') : target;
  const cut = path.indexOf('/', 1);
  const top = cut < 0 ? path.slice(1) : path.slice(1, cut);
  if (!(systemTops.has(top) || libraryTop.test(top))) return null;
  if (alwaysSystem.includes(top) || cut < 0 || target === '/usr/local') return 'always';
  return openUsr.test(target) ? null : 'below';
}

/** The folder of a job's outputs, made from its name: one segment that any host can hold. */
export function outputFolderName(jobName: string): string {
  const name = jobName
    .replace(/[\u0000-\u001f\u007f/\\:*?"<>|]+/g, '-')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .slice(0, 80);
  return name === '' ? 'job' : name;
}
