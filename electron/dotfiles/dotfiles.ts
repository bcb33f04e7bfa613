import { z } from 'zod';
import type { Dotfile, dotfilesContract } from '#shared/contract/dotfiles.ts';
import { checkDotfiles, parseDotfilePath } from '#shared/dotfiles/rules.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { Dotfiles as DotfilesOfJobs, Vault } from '../services.ts';
import type { Database } from '../store/database.ts';

export interface Dotfiles extends DotfilesOfJobs {
  readonly service: Service<typeof dotfilesContract>;
}

interface Row {
  path: string;
  permission: string;
  bytes: number;
  changed_at: number;
}

const context = 'stowage dotfiles';
const contentsSchema = z.record(z.string(), z.string());

/**
 * The dotfiles of all jobs. Their contents, often keys to something, are sealed as one: it is at most 64 KiB, and opened
 * once. Where they are and how large is told without opening it.
 */
export function createDotfiles(options: { database: Database; changes: Changes; vault: Vault }): Dotfiles {
  const { database, changes, vault } = options;
  let opened: ReadonlyMap<string, string> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const rows = (): Dotfile[] =>
    database
      .all<Row>('SELECT path, permission, bytes, changed_at FROM dotfiles ORDER BY path')
      .map(({ path, permission, bytes, changed_at }) => ({ path, permission, bytes, changedAt: changed_at }));
  const contents = (): ReadonlyMap<string, string> => {
    opened ??= readContents(database, vault);
    return opened;
  };
  const find = (raw: string): Dotfile => {
    const path = parseDotfilePath(raw);
    const found = rows().find((one) => one.path === path);
    if (found) return found;
    throw new StowageError('not-found', `There is no dotfile “${path}”.`, { subject: path });
  };
  /** Sealing takes a moment: one change after the other, each on what the former left. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const store = async (next: ReadonlyMap<string, string>, change: () => void): Promise<void> => {
    const sealed = await vault.seal(JSON.stringify(Object.fromEntries(next)), context);
    database.transaction(() => {
      change();
      database.run(
        'INSERT INTO dotfile_contents (id, sealed) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
        sealed,
      );
    });
    opened = next;
    changes.emit({ type: 'dotfiles' });
  };
  return {
    service: {
      list: rows,
      read: ({ path }) => {
        const found = find(path);
        return { ...found, content: contents().get(found.path) ?? '' };
      },
      put: ({ path: raw, permission, content, replace }) =>
        inTurn(async () => {
          const path = parseDotfilePath(raw);
          const bytes = Buffer.byteLength(content);
          const others = rows().filter((one) => one.path !== path);
          if (!replace && rows().length > others.length)
            throw new StowageError('exists', `There is a dotfile “${path}” already.`, { subject: path });
          checkDotfiles(others, { path, bytes });
          const made: Dotfile = { path, permission, bytes, changedAt: Date.now() };
          // The others are read too: what cannot be opened now must not be lost by a new one.
          await store(new Map([...contents(), [path, content]]), () => insert(database, made));
          return made;
        }),
      remove: ({ path: raw }) =>
        inTurn(async () => {
          const { path } = find(raw);
          const erase = (): number => database.run('DELETE FROM dotfiles WHERE path = ?', path).changes;
          const left = rows().length > 1 ? orNull(contents) : null;
          if (left) await store(new Map([...left].filter(([other]) => other !== path)), erase);
          else {
            // The last one, or one of those that nobody can open any more: with the last of them goes what is sealed.
            database.transaction(() => {
              erase();
              database.run('DELETE FROM dotfile_contents WHERE NOT EXISTS (SELECT 1 FROM dotfiles)');
            });
            opened = null;
            changes.emit({ type: 'dotfiles' });
          }
          return { removed: true };
        }),
    },
    places: () => rows().map(({ path, permission }) => ({ path, mode: Number.parseInt(permission, 8) })),
    contents: () => new Map([...contents()].map(([path, content]) => [path, Buffer.from(content)])),
  };
}

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (isStowageError(error, 'credentials-missing')) return null;
    throw error;
  }
}

function readContents(database: Database, vault: Vault): ReadonlyMap<string, string> {
  const row = database.get<{ sealed: string }>('SELECT sealed FROM dotfile_contents WHERE id = 1');
  if (!row) return new Map();
  const text = vault.open(row.sealed, context, 'What is in the dotfiles');
  return new Map(Object.entries(contentsSchema.parse(JSON.parse(text))));
}

function insert(database: Database, { path, permission, bytes, changedAt }: Dotfile): void {
  database.run(
    `INSERT INTO dotfiles (path, permission, bytes, changed_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET permission = excluded.permission, bytes = excluded.bytes, changed_at = excluded.changed_at`,
    path,
    permission,
    bytes,
    changedAt,
  );
}
