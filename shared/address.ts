import type { MountMode } from './contract/base.ts';
import type { MountRequest } from './contract/plan.ts';
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

/**
 * Reads a mount as the command line writes it: `SOURCE[:TARGET][:ro|rw]` where SOURCE is `name` or `name/sub/path`
 * (Backend.AI and Docker alike). `name:/data` mounts `name` at `/data`: here `:` begins the target, not a path.
 * @throws StowageError `bad-request` for more than three parts or another mode than ro/rw.
 */
export function parseMount(text: string): MountRequest {
  const parts = text.split(':');
  const last = parts.at(-1);
  let mode: MountMode | undefined;
  if (parts.length > 1 && (last === 'ro' || last === 'rw')) {
    mode = last;
    parts.pop();
  }
  const [source, target, ...rest] = parts;
  if (!source || rest.length > 0 || target === '') {
    throw new StowageError('bad-request', `“${visible(text)}” is not a mount: write name[/path][:target][:ro|rw].`, {
      subject: text,
    });
  }
  const address = parseAddress(source);
  return { source: formatAddress(address.vfolder, address.path), ...(target !== undefined && { target }), ...(mode && { mode }) };
}
