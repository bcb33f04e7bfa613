import type { Endpoint } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import { meets, visible } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';
import type { Journal } from './journal.ts';
import { identityOf, labelOf, nameOf, resolveDestination, resolveSource } from './request.ts';

/**
 * Journals a sync that is to be planned. Both ends must be folders, neither in the other; a folder of this machine may
 * be missing at the destination and is made when the plan is approved.
 * @throws `bad-request`, `not-found`, `not-a-directory`, `read-only`
 */
export async function createSync(
  input: { source: Endpoint; destination: Endpoint; delete?: boolean | undefined; checksum?: boolean | undefined },
  tools: { journal: Journal; lookup: VfolderLookup },
): Promise<{ id: number; vfolderIds: readonly string[] }> {
  const { journal, lookup } = tools;
  const source = asContents(input.source);
  const from = await resolveSource(source, lookup);
  const to = await resolveDestination(input.destination, lookup, false);
  if (from.vfolder) {
    const { kind } = await from.provider.stat(from.path);
    if (kind !== 'directory') {
      throw new StowageError('not-a-directory', `“${visible(labelOf(input.source))}” is not a folder.`, {
        subject: labelOf(input.source),
        hint: 'Copy the file instead.',
      });
    }
  }
  const [one, other] = [identityOf(from), identityOf(to)];
  if (meets(one, other)) {
    throw new StowageError('bad-request', 'A folder cannot be synced with itself or with a folder in it.', {
      subject: labelOf(input.destination),
      hint: 'Choose another folder.',
    });
  }
  const vfolderIds = [...new Set([from, to].flatMap(({ vfolder }) => (vfolder ? [vfolder.id] : [])))];
  const id = journal.create({
    kind: 'sync',
    title: nameOf(input.source),
    request: { sources: [source], destination: input.destination, vfolderIds },
    state: 'queued',
    // What is there may be replaced, where the reviewed plan says so.
    conflict: 'overwrite',
    sync: {
      delete: input.delete === true,
      checksum: input.checksum === true,
      approved: false,
      listed: true,
      add: 0,
      update: 0,
      remove: 0,
      unchanged: 0,
      unplanned: 0,
    },
  });
  return { id, vfolderIds };
}

/** The endpoint, meaning what is in the folder. */
const asContents = (endpoint: Endpoint): Endpoint =>
  endpoint.path.endsWith('/') ? endpoint : { ...endpoint, path: `${endpoint.path}/` };
