import type { LinkRequest } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { resolveTarget, systemPath, workHome } from './target.ts';
import type { LaidLink } from './types.ts';

/** What a system follows before it gives up. */
const mostHops = 40;
/** Links that make a path longer and longer are given up before. */
const longestPath = 16_384;

/** Resolves both paths of each link. Nothing is relative: it would mean another place than it seems to. */
export const layLinks = (links: readonly LinkRequest[]): LaidLink[] => links.map(layLink);

function layLink({ path, target }: LinkRequest, index: number): LaidLink {
  const refused = (why: string, suggestion: string | null = null): LaidLink => ({
    ...{ index, path, target },
    problem: { message: `The link “${visible(path)}” → ${visible(target)} ${why}`, suggestion },
  });
  const at = resolveTarget(path, workHome);
  if (at.problem) return refused(`has a path that ${at.problem.why}.`, at.problem.suggestion);
  if (!path.startsWith('/')) return refused(`has a relative path: say from “/” on where it is to be.`, at.path);
  if (at.path === '/') return refused('cannot take the place of “/”.');
  if (systemPath(at.path) === 'always') return refused('would take the place of a system folder of the container.');
  const to = resolveTarget(target, workHome);
  if (to.problem) return refused(`has a target that ${to.problem.why}.`);
  if (!target.startsWith('/')) return refused(`has a relative target: say from “/” on where it is to lead.`);
  if (to.path === '/') return refused('would lead to the whole container.');
  return { index, path: at.path, target: to.path, problem: null };
}

/** Links by their paths; of equal ones the first. */
export function linksByPath(links: readonly LaidLink[]): Map<string, LaidLink> {
  const byPath = new Map<string, LaidLink>();
  for (const link of links) if (link.problem === null && !byPath.has(link.path)) byPath.set(link.path, link);
  return byPath;
}

/** Where a path leads through links; null: to no end, as a system that follows it would find. */
export function followLinks(path: string, byPath: ReadonlyMap<string, LaidLink>): string | null {
  let at = path;
  for (let hops = 0; hops <= mostHops; hops += 1) {
    const link = firstLink(at, byPath);
    if (link === null) return at;
    at = `${link.target}${at.slice(link.path.length)}`;
    if (at.length > longestPath) return null;
  }
  return null;
}

/** The link that a system which follows a path meets first. */
function firstLink(path: string, byPath: ReadonlyMap<string, LaidLink>): LaidLink | null {
  if (byPath.size === 0) return null;
  for (let cut = path.indexOf('/', 1); cut > 0; cut = path.indexOf('/', cut + 1)) {
    const link = byPath.get(path.slice(0, cut));
    if (link) return link;
  }
  return byPath.get(path) ?? null;
}
