import type { Host } from '#shared/contract/hosts.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { errorKinds } from '#shared/errors.ts';

/** A transfer that stands still because of something that a person can mend. */
export const isTrouble = ({ state, problem }: Transfer): boolean =>
  problem !== null && (state === 'failed' || state === 'paused' || state === 'review');

/** The host whose credentials a transfer lacks: the one that the problem names, else the one that is not a local disk. */
export function hostInTrouble(transfer: Transfer, hosts: readonly Host[], vfolders: readonly Vfolder[]): Host | null {
  const subject = transfer.problem?.subject;
  const named = hosts.find((host) => host.id === subject || host.name === subject);
  if (named) return named;
  const source = /^([A-Za-z0-9._-]+)[:/]/.exec(transfer.source)?.[1] ?? transfer.source;
  const ends = [transfer.destinationVfolder, source].map((name) => vfolders.find((vfolder) => vfolder.name === name)?.host.id);
  const candidates = hosts.filter((host) => host.kind !== 'local' && ends.includes(host.id));
  return candidates.find((host) => host.status.state === 'error') ?? candidates[0] ?? null;
}

/**
 * The host to which other credentials have to be given; null when those are not what is missing. A service may also call
 * credentials that it does not know a lack of permission: then the host's own check tells.
 */
export function lacksCredentials(transfer: Transfer, hosts: readonly Host[], vfolders: readonly Vfolder[]): Host | null {
  const code = transfer.problem?.code;
  if (code === undefined) return null;
  const host = hostInTrouble(transfer, hosts, vfolders);
  if (errorKinds[code].action === 'edit-credentials') return host;
  return code === 'permission-denied' && host?.status.state === 'error' ? host : null;
}
