import type { MountMode } from './contract/base.ts';
import type { Approach, LinkRequest, MountRequest } from './contract/plan.ts';
import { StowageError } from './errors.ts';
import { type InnerPath, parseInnerPath, visible } from './paths.ts';

/** `name:/path` names any file in any vfolder. */
export interface Address {
  readonly vfolder: string;
  readonly path: InnerPath;
}

/**
 * Reads `name`, `name:`, `name:/path`, `name:path` and Backend.AI's `name/path`.
 * @throws StowageError `bad-request` without a name, `path-refused` for a path that climbs.
 */
export function parseAddress(text: string): Address {
  const match = /^([A-Za-z0-9._-]{1,64})(?:[:/](.*))?$/s.exec(text);
  if (!match?.[1])
    throw new StowageError('bad-request', `“${visible(text)}” is not an address: write name:/path.`, { subject: text });
  return { vfolder: match[1], path: parseInnerPath(match[2] ?? '') };
}

export const formatAddress = (vfolder: string, path: string): string => `${vfolder}:/${path}`;

/** What is being typed: the beginning of a vfolder's name, or of a name in a folder of one. */
export type PartialAddress =
  | { readonly in: 'names'; readonly begin: string }
  | { readonly in: 'folder'; readonly vfolder: string; readonly folder: string; readonly begin: string };

/** Splits an address that is not complete yet; null for text with which no address begins. The folder is not validated. */
export function splitPartialAddress(text: string): PartialAddress | null {
  const match = /^([A-Za-z0-9._-]{0,64})(?:([:/])(.*))?$/s.exec(text);
  if (!match) return null;
  const [, name = '', separator, rest = ''] = match;
  if (separator === undefined) return { in: 'names', begin: name };
  if (name === '') return null;
  const path = rest.replace(/^\//, '');
  const cut = path.lastIndexOf('/') + 1;
  return { in: 'folder', vfolder: name, folder: path.slice(0, cut), begin: path.slice(cut) };
}

const isMode = (text: string | undefined): text is MountMode => text === 'ro' || text === 'rw';
const isApproach = (text: string | undefined): text is Approach => text === 'share' || text === 'copy' || text === 'bake';

/** `ro`, `rw`, with an approach after a comma; the approach alone only where it cannot be a target. */
function parseMountOptions(text: string, withTarget: boolean): Pick<MountRequest, 'mode' | 'approach'> | null {
  const [first, second, ...rest] = text.split(',');
  if (rest.length > 0) return null;
  if (isMode(first))
    return second === undefined ? { mode: first } : isApproach(second) ? { mode: first, approach: second } : null;
  return withTarget && second === undefined && isApproach(first) ? { approach: first } : null;
}

/**
 * Reads a mount as the command line writes it: `SOURCE[:TARGET][:ro|rw[,share|copy|bake]]` where SOURCE is `name` or
 * `name/sub/path` (Backend.AI and Docker alike). `name:/data` mounts `name` at `/data`: here `:` begins the target, not a
 * path. After a target the approach may stand without a mode.
 * @throws StowageError `bad-request` for more than three parts, another mode than ro/rw or another approach.
 */
export function parseMount(text: string): MountRequest {
  const parts = text.split(':');
  const options = parts.length > 1 ? parseMountOptions(parts.at(-1) ?? '', parts.length > 2) : null;
  if (options) parts.pop();
  const [source, target, ...rest] = parts;
  if (!source || rest.length > 0 || target === '') {
    throw new StowageError(
      'bad-request',
      `“${visible(text)}” is not a mount: write name[/path][:target][:ro|rw[,share|copy|bake]].`,
      { subject: text },
    );
  }
  const address = parseAddress(source);
  return { source: formatAddress(address.vfolder, address.path), ...(target !== undefined && { target }), ...options };
}

/**
 * Reads a symlink as the command line writes it: `PATH=TARGET`, at PATH one that leads to TARGET. The first `=` divides.
 * @throws StowageError `bad-request` when one of the two is missing.
 */
export function parseLink(text: string): LinkRequest {
  const cut = text.indexOf('=');
  const link = { path: text.slice(0, Math.max(0, cut)), target: text.slice(cut + 1) };
  if (link.path === '' || link.target === '')
    throw new StowageError('bad-request', `“${visible(text)}” is not a link: write /path=/target.`, { subject: text });
  return link;
}
