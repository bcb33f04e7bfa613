import type { StorageEntry } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';

/** Entries of one folder, kept to be found by a key. What does not fit into memory lies in a temporary table. */
export interface Shelf {
  put(items: readonly (readonly [key: string, entry: StorageEntry])[]): void;
  /** The entry of this key, which then is no longer there. */
  take(key: string): StorageEntry | undefined;
  /** What was not taken, a page at a time. */
  rest(): Generator<readonly StorageEntry[]>;
  /** Empties it. */
  clear(): void;
}

/** What a comparison asks for; a time in nanoseconds cannot be written as JSON. */
function known({ path, kind, size, modified, etag, md5, problem }: StorageEntry): StorageEntry {
  const given = {
    ...(etag !== undefined && { etag }),
    ...(md5 !== undefined && { md5 }),
    ...(problem !== undefined && { problem }),
  };
  return { path, kind, size, modified, ...given };
}

const inMemory = 10_000;
const pageSize = 1000;

/** A shelf of the transfer `id`, which has one at a time. */
export function createShelf(database: Database, id: number, limit = inMemory): Shelf {
  const held = new Map<string, StorageEntry>();
  let stored = 0;
  const store = (items: readonly (readonly [string, StorageEntry])[]): void => {
    database.run(
      `CREATE TEMP TABLE IF NOT EXISTS sync_shelf (
         transfer_id INTEGER NOT NULL, key TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (transfer_id, key)
       ) STRICT, WITHOUT ROWID`,
    );
    database.transaction(() => {
      for (const [key, entry] of items) {
        const sql = 'INSERT INTO sync_shelf VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
        stored += database.run(sql, id, key, JSON.stringify(known(entry))).changes;
      }
    });
  };
  return {
    put: (items) => {
      const beyond: (readonly [string, StorageEntry])[] = [];
      for (const item of items) {
        if (held.has(item[0])) continue;
        if (held.size < limit) held.set(...(item as [string, StorageEntry]));
        else beyond.push(item);
      }
      if (beyond.length > 0) store(beyond);
    },
    take: (key) => {
      const entry = held.get(key);
      if (entry) {
        held.delete(key);
        return entry;
      }
      if (stored === 0) return undefined;
      const sql = 'DELETE FROM sync_shelf WHERE transfer_id = ? AND key = ? RETURNING entry';
      const row = database.get<{ entry: string }>(sql, id, key);
      return row && (JSON.parse(row.entry) as StorageEntry);
    },
    *rest() {
      if (held.size > 0) yield [...held.values()];
      for (let after = ''; stored > 0; ) {
        const rows = database.all<{ key: string; entry: string }>(
          'SELECT key, entry FROM sync_shelf WHERE transfer_id = ? AND key > ? ORDER BY key LIMIT ?',
          id,
          after,
          pageSize,
        );
        if (rows.length === 0) return;
        yield rows.map(({ entry }) => JSON.parse(entry) as StorageEntry);
        after = rows.at(-1)?.key ?? after;
      }
    },
    clear: () => {
      held.clear();
      if (stored > 0) database.run('DELETE FROM sync_shelf WHERE transfer_id = ?', id);
      stored = 0;
    },
  };
}
