import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type HostKind, type HostSettings, hostSettingsSchema } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Database } from '../store/database.ts';

/** A host as the database keeps it. */
export interface HostRow {
  readonly id: string;
  readonly name: string;
  readonly kind: HostKind;
  readonly settings: HostSettings;
  readonly readOnly: boolean;
  /** Its secret is one that everybody knows (the emulator's), and is kept nowhere. */
  readonly wellKnown: boolean;
  readonly isDefault: boolean;
}

const configSchema = z.object({
  settings: hostSettingsSchema,
  readOnly: z.boolean(),
  wellKnown: z.boolean().optional(),
});

interface Stored {
  id: string;
  name: string;
  config: string;
  is_default: number;
}

const columns = 'id, name, config, is_default';

export interface HostRows {
  /** The default host first, then by name. */
  all(): HostRow[];
  /** By id, or by name. @throws `not-found` */
  find(idOrName: string): HostRow;
  /** A name that a host can have, trimmed. @throws `name-invalid`, `name-taken` */
  checkName(name: string, ownId?: string): string;
  insert(row: Omit<HostRow, 'id'>): HostRow;
  update(row: HostRow): void;
  remove(id: string): void;
  /** Names of the vfolders on it; those in the trash are counted apart. */
  vfolders(id: string): { live: string[]; trashed: number };
}

export function createHostRows(database: Database): HostRows {
  const all = (): HostRow[] =>
    database.all<Stored>(`SELECT ${columns} FROM hosts ORDER BY is_default DESC, name COLLATE NOCASE, id`).map(readRow);
  const write = (sql: string, row: HostRow): void =>
    database.transaction(() => {
      if (row.isDefault) database.run('UPDATE hosts SET is_default = 0 WHERE id <> ?', row.id);
      const { settings, readOnly, wellKnown } = row;
      const config = JSON.stringify({ settings, readOnly, ...(wellKnown && { wellKnown }) });
      database.run(sql, row.name, row.kind, config, row.isDefault ? 1 : 0, row.id);
    });
  return {
    all,
    find: (idOrName) => {
      const row = database.get<Stored>(
        `SELECT ${columns} FROM hosts WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC LIMIT 1`,
        idOrName,
      );
      if (row) return readRow(row);
      throw new StowageError('not-found', `There is no storage host “${visible(idOrName)}”.`, { subject: idOrName });
    },
    checkName: (given, ownId) => {
      const name = given.trim();
      const refuse = (why: string): never => {
        throw new StowageError('name-invalid', `“${visible(given)}” cannot be the name of a host: ${why}.`, { subject: given });
      };
      if (name === '') refuse('it is empty');
      if (visible(name) !== name) refuse('it has characters that cannot be seen');
      const other = all().find((row) => row.id !== ownId && row.name.toLowerCase() === name.toLowerCase());
      if (!other) return name;
      throw new StowageError('name-taken', `There is a storage host “${other.name}” already.`, {
        subject: name,
        hint: 'Choose another name.',
      });
    },
    insert: (fields) => {
      const row = { ...fields, id: fields.kind === 'local' && all().length === 0 ? 'local' : randomUUID() };
      write(`INSERT INTO hosts (name, kind, config, is_default, id, created_at) VALUES (?, ?, ?, ?, ?, ${Date.now()})`, row);
      return row;
    },
    update: (row) => write('UPDATE hosts SET name = ?, kind = ?, config = ?, is_default = ? WHERE id = ?', row),
    remove: (id) => void database.run('DELETE FROM hosts WHERE id = ?', id),
    vfolders: (id) => {
      const rows = database.all<{ name: string; trashed_at: number | null }>(
        'SELECT name, trashed_at FROM vfolders WHERE host_id = ? ORDER BY name COLLATE NOCASE',
        id,
      );
      return {
        live: rows.filter((row) => row.trashed_at === null).map((row) => row.name),
        trashed: rows.filter((row) => row.trashed_at !== null).length,
      };
    },
  };
}

function readRow({ id, name, config, is_default }: Stored): HostRow {
  const parsed = configSchema.safeParse(JSON.parse(config));
  if (!parsed.success) {
    throw new StowageError('data-damaged', `The settings of the storage host “${visible(name)}” cannot be read.`, {
      subject: name,
      detail: z.prettifyError(parsed.error),
    });
  }
  const { settings, readOnly, wellKnown = false } = parsed.data;
  return { id, name, kind: settings.kind, settings, readOnly, wellKnown, isDefault: is_default === 1 };
}
