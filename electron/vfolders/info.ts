import type { Vfolder, VfolderInfo } from '#shared/contract/vfolders.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { countTree } from '../storage/count-tree.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import type { VfolderRow } from './rows.ts';

/** Counts what is in a vfolder as it walks; the last event is the whole. */
export async function* vfolderInfo(
  database: Database,
  provider: StorageProvider,
  row: VfolderRow,
  vfolder: Vfolder,
  signal: AbortSignal | undefined,
): AsyncGenerator<VfolderInfo> {
  const jobs = database.all<{ id: number; name: string; state: string }>(
    `SELECT id, name, state FROM jobs WHERE id IN (SELECT job_id FROM job_vfolders WHERE vfolder_id = ?)
     ORDER BY id DESC LIMIT 20`,
    row.id,
  );
  for await (const { files, directories, bytes } of countTree(provider, parseInnerPath(row.root), signal)) {
    yield { ...vfolder, files, directories, bytes, jobs: jobs.map((job) => ({ ...job })) };
  }
}
