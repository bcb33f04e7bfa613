import { homedir } from 'node:os';
import type { Host, HostAttach, hostsContract } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import { hostRoot, isSamePlace, isWellKnown, type ParsedAttach, parseAttach } from '#shared/hosts/attach.ts';
import type { Service } from '../rpc/service.ts';
import type { Secrets } from '../services.ts';
import type { Access } from './access.ts';
import { needsSecret } from './open-provider.ts';
import type { HostRow, HostRows } from './rows.ts';
import type { Statuses } from './statuses.ts';

export interface ChangeTools {
  readonly rows: HostRows;
  readonly access: Access;
  readonly statuses: Statuses;
  readonly secrets: Secrets;
  /** Tells the screens. */
  changed(): void;
  show(row: HostRow): Host;
  /** Settings or secret are others now. */
  reopen(hostId: string): void;
}

type HostsService = Service<typeof hostsContract>;
type AddInput = Parameters<HostsService['add']>[0];
type UpdateInput = Parameters<HostsService['update']>[0];

/** @throws `bad-request`, `path-refused`, `name-invalid`, `name-taken`, `permission-denied` where the secret cannot be kept */
export async function add(
  { name, attach, readOnly = false, isDefault = false, keep }: AddInput,
  tools: ChangeTools,
): Promise<Host> {
  const { settings, secret } = readAttach(attach);
  const wellKnown = secret !== null && isWellKnown(settings, secret);
  const row = tools.rows.insert({
    name: tools.rows.checkName(name),
    kind: settings.kind,
    settings,
    readOnly,
    wellKnown,
    isDefault,
  });
  try {
    if (secret && !wellKnown) await tools.secrets.save(row.id, secret, keep);
  } catch (error) {
    tools.rows.remove(row.id);
    throw error;
  }
  tools.changed();
  return tools.show(row);
}

/** @throws as `add`, and `not-found` */
export async function update({ id, name, attach, readOnly, isDefault, keep }: UpdateInput, tools: ChangeTools): Promise<Host> {
  const { rows, secrets } = tools;
  const row = rows.find(id);
  if (isDefault === false && row.isDefault) {
    throw new StowageError('bad-request', `“${row.name}” is the default host until another is.`, {
      subject: row.name,
      hint: 'Make another host the default.',
    });
  }
  const given = attach && readAttach(attach);
  if (given && !isSamePlace(given.settings, row.settings)) refuseMove(row, given, rows);
  const wellKnown = given ? given.secret !== null && isWellKnown(given.settings, given.secret) : row.wellKnown;
  const next: HostRow = {
    ...row,
    name: name === undefined ? row.name : rows.checkName(name, row.id),
    ...(given && { settings: given.settings, kind: given.settings.kind }),
    readOnly: readOnly ?? row.readOnly,
    isDefault: isDefault ?? row.isDefault,
    wellKnown,
  };
  const secret = given ? given.secret : keep === undefined || wellKnown || !needsSecret(row.settings) ? null : secrets.read(row);
  if (secret && !wellKnown) await secrets.save(row.id, secret, keep);
  else if (given) secrets.remove(row.id);
  rows.update(next);
  if (given || next.readOnly !== row.readOnly || next.name !== row.name) tools.reopen(row.id);
  else tools.changed();
  return tools.show(next);
}

function refuseMove(row: HostRow, given: ParsedAttach, rows: HostRows): void {
  const { live, trashed } = rows.vfolders(row.id);
  if (live.length + trashed === 0) return;
  throw new StowageError(
    'bad-request',
    `“${hostRoot(given.settings)}” is another place than “${row.name}”, and vfolders lie there.`,
    {
      subject: row.name,
      hint: `Add it as a new host, or remove ${listed(live, trashed)} first.`,
    },
  );
}

/** @throws `not-found`, `in-use`, `bad-request` for the last one */
export function remove(id: string, tools: ChangeTools): { id: string } {
  const { rows } = tools;
  const row = rows.find(id);
  const { live, trashed } = rows.vfolders(row.id);
  if (live.length + trashed > 0) {
    throw new StowageError('in-use', `“${row.name}” cannot be removed while vfolders are on it: ${listed(live, trashed)}.`, {
      subject: row.name,
      hint: 'Delete and purge them first, or unlink those that are links.',
    });
  }
  const rest = rows.all().filter((other) => other.id !== row.id);
  const [heir] = rest;
  if (!heir) {
    throw new StowageError('bad-request', `“${row.name}” is the only storage host and stays.`, {
      subject: row.name,
      hint: 'Add another host first.',
    });
  }
  // The row first: a secret without host opens nothing, a host without secret asks for it.
  rows.remove(row.id);
  if (row.isDefault) rows.update({ ...heir, isDefault: true });
  tools.secrets.remove(row.id);
  tools.access.drop(row.id);
  tools.statuses.forget(row.id);
  tools.changed();
  return { id: row.id };
}

/** Names of vfolders in a sentence, the first few. */
function listed(live: readonly string[], trashed: number): string {
  const names = live.slice(0, 5).map((name) => `“${name}”`);
  if (live.length > 5) names.push(`${live.length - 5} more`);
  if (trashed > 0) names.push(`${trashed} in the trash`);
  return names.join(', ');
}

/** `~` stands for the user's home, which only this side knows. */
export function readAttach(attach: HostAttach): ParsedAttach {
  if (attach.form !== 'local') return parseAttach(attach);
  return parseAttach({ form: 'local', root: attach.root.trim().replace(/^~(?=$|[\\/])/, () => homedir()) });
}
