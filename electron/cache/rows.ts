import { meets } from '#shared/paths.ts';
import type { Database } from '../store/database.ts';

/** One version of a file, kept on this machine. */
export interface ObjectRow {
  readonly id: number;
  readonly path: string;
  readonly version: string;
  readonly bytes: number;
  readonly used_at: number;
}

/**
 * A folder of links to objects that is exactly one listing of a place. `building`: not to be used yet; `dropped`: the
 * folder is gone, and the row stands for the objects below its place that nothing else holds, until they are evicted.
 */
export interface TreeRow {
  readonly id: number;
  readonly vfolder_id: string;
  /** Inside the vfolder. */
  readonly path: string;
  readonly fingerprint: string;
  /** The name in the tree of the one file that the place is; null: the place is a folder. */
  readonly file: string | null;
  readonly files: number;
  readonly bytes: number;
  readonly state: 'building' | 'whole' | 'dropped';
  /** It holds every object below its place that was used since then. */
  readonly built_at: number;
  readonly used_at: number;
}

/** Of all objects of a vfolder together. */
export interface Totals {
  readonly vfolderId: string;
  readonly files: number;
  readonly bytes: number;
  readonly diskBytes: number;
}

/** What a file of so many bytes takes of a disk, whose blocks have 4 KiB. */
export const diskBytes = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;

/** The place of a tree or a pin, without what only one of them has. */
export interface Place {
  readonly vfolder_id: string;
  readonly path: string;
}

export const overlap = (a: Place, b: Place): boolean => a.vfolder_id === b.vfolder_id && meets(a.path, b.path);

const objectColumns = 'id, path, version, bytes, used_at';

/** The bounds of the paths that begin with a folder's; what only begins alike (`a-b` for `a`) has to be left out. */
const bounds = (path: string): [from: string, to: string] => (path === '' ? ['', '\u{10ffff}'] : [path, `${path}0`]);

/** The rows of the cache. Objects that are not whole are seen by nobody. */
export function createCacheRows(database: Database) {
  return {
    transaction: <T>(work: () => T): T => database.transaction(work),
    find: (vfolderId: string, path: string, version: string): ObjectRow | null =>
      database.get<ObjectRow>(
        `SELECT ${objectColumns} FROM cache_objects WHERE whole = 1 AND vfolder_id = ? AND path = ? AND version = ?`,
        vfolderId,
        path,
        version,
      ) ?? null,
    /** Whole objects at or below a place, in order, after the one given. */
    page: ({ vfolder_id, path }: Place, after: ObjectRow | null, limit: number): ObjectRow[] => {
      const [from, to] = bounds(path);
      return database.all<ObjectRow>(
        `SELECT ${objectColumns} FROM cache_objects WHERE whole = 1 AND vfolder_id = ? AND (path, version) > (?, ?) AND path < ?
         ORDER BY path, version LIMIT ?`,
        vfolder_id,
        after?.path ?? from,
        after?.version ?? '',
        to,
        limit,
      );
    },
    sum: ({ vfolder_id, path }: Place): { files: number; bytes: number } => {
      const [from, to] = bounds(path);
      const sum = database.get<{ files: number; bytes: number }>(
        `SELECT COUNT(*) AS files, COALESCE(SUM(bytes), 0) AS bytes FROM cache_objects
         WHERE whole = 1 AND vfolder_id = ? AND path >= ? AND path < ? AND (path = ? OR ? = '' OR path >= ? || '/')`,
        vfolder_id,
        from,
        to,
        path,
        path,
        path,
      );
      return { files: sum?.files ?? 0, bytes: sum?.bytes ?? 0 };
    },
    hasAny: (vfolderId: string): boolean =>
      database.get('SELECT 1 FROM cache_objects WHERE whole = 1 AND vfolder_id = ? LIMIT 1', vfolderId) !== undefined,
    /** A row of what is about to be written. */
    begin: (vfolderId: string, path: string, version: string, bytes: number, usedAt: number): number =>
      database.run(
        'INSERT INTO cache_objects (vfolder_id, path, version, bytes, used_at) VALUES (?, ?, ?, ?, ?)',
        vfolderId,
        path,
        version,
        bytes,
        usedAt,
      ).lastId,
    setWhole: (id: number, whole: boolean): void =>
      void database.run('UPDATE cache_objects SET whole = ? WHERE id = ?', whole ? 1 : 0, id),
    touch: (id: number, at: number): void =>
      void database.run('UPDATE cache_objects SET used_at = max(used_at, ?) WHERE id = ?', at, id),
    forget: (id: number): void => void database.run('DELETE FROM cache_objects WHERE id = ?', id),
    unfinished: (): number[] => database.all<{ id: number }>('SELECT id FROM cache_objects WHERE whole = 0').map(({ id }) => id),
    /** Whole objects with a greater number, in order. */
    since: (id: number, limit: number): ObjectRow[] =>
      database.all<ObjectRow>(
        `SELECT ${objectColumns} FROM cache_objects WHERE id > ? AND whole = 1 ORDER BY id LIMIT ?`,
        id,
        limit,
      ),
    /** The greatest numbers that were given. */
    last: (): { lastObject: number; lastTree: number } => {
      const last = (table: string): number =>
        database.get<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0;
      return { lastObject: last('cache_objects'), lastTree: last('cache_trees') };
    },
    forgetAll: (): void => {
      for (const table of ['cache_objects', 'cache_trees', 'cache_uses']) database.run(`DELETE FROM ${table}`);
    },
    totals: (): Totals[] =>
      database.all<Totals>(
        `SELECT vfolder_id AS vfolderId, COUNT(*) AS files, SUM(bytes) AS bytes, SUM((bytes + 4095) / 4096 * 4096) AS diskBytes
         FROM cache_objects WHERE whole = 1 GROUP BY vfolder_id`,
      ),

    trees: (): TreeRow[] => database.all<TreeRow>('SELECT * FROM cache_trees ORDER BY used_at, id'),
    treesOf: (vfolderId: string): TreeRow[] => database.all<TreeRow>('SELECT * FROM cache_trees WHERE vfolder_id = ?', vfolderId),
    tree: (id: number): TreeRow | null => database.get<TreeRow>('SELECT * FROM cache_trees WHERE id = ?', id) ?? null,
    addTree: (tree: Omit<TreeRow, 'id' | 'state' | 'used_at'>): number =>
      database.run(
        `INSERT INTO cache_trees (vfolder_id, path, fingerprint, file, files, bytes, state, built_at, used_at)
         VALUES (?, ?, ?, ?, ?, ?, 'building', ?, ?)`,
        tree.vfolder_id,
        tree.path,
        tree.fingerprint,
        tree.file,
        tree.files,
        tree.bytes,
        tree.built_at,
        tree.built_at,
      ).lastId,
    setTree: (id: number, state: TreeRow['state']): void =>
      void database.run('UPDATE cache_trees SET state = ? WHERE id = ?', state, id),
    touchTree: (id: number, at: number): void =>
      void database.run('UPDATE cache_trees SET used_at = max(used_at, ?) WHERE id = ?', at, id),
    removeTree: (id: number): void => void database.run('DELETE FROM cache_trees WHERE id = ?', id),

    use: (jobId: number, treeId: number): void =>
      void database.run('INSERT INTO cache_uses (job_id, tree_id) VALUES (?, ?) ON CONFLICT DO NOTHING', jobId, treeId),
    /** Uses of a former process by itself. */
    dropOwnUses: (): void => void database.run('DELETE FROM cache_uses WHERE job_id <= 0'),
    unuse: (jobId: number): void => void database.run('DELETE FROM cache_uses WHERE job_id = ?', jobId),
    usedTrees: (): Set<number> =>
      new Set(database.all<{ tree_id: number }>('SELECT tree_id FROM cache_uses').map((row) => row.tree_id)),
    jobsOf: (vfolderId: string): number[] =>
      database
        .all<{ job_id: number }>(
          'SELECT DISTINCT job_id FROM cache_uses JOIN cache_trees ON id = tree_id WHERE vfolder_id = ? AND job_id > 0 ORDER BY job_id',
          vfolderId,
        )
        .map((row) => row.job_id),

    pins: (): Place[] => database.all<Place & object>('SELECT vfolder_id, path FROM cache_pins ORDER BY vfolder_id, path'),
    pin: ({ vfolder_id, path }: Place): void =>
      void database.run('INSERT INTO cache_pins (vfolder_id, path) VALUES (?, ?) ON CONFLICT DO NOTHING', vfolder_id, path),
    unpin: ({ vfolder_id, path }: Place): void =>
      void database.run('DELETE FROM cache_pins WHERE vfolder_id = ? AND path = ?', vfolder_id, path),

    vfolderName: (vfolderId: string): string | null =>
      database.get<{ name: string }>('SELECT name FROM vfolders WHERE id = ? AND trashed_at IS NULL', vfolderId)?.name ?? null,
  };
}

export type CacheRows = ReturnType<typeof createCacheRows>;
