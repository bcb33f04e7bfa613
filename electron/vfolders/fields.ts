import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Database } from '../store/database.ts';
import type { VfolderRow } from './rows.ts';

type Fields = Pick<Vfolder, 'usage' | 'permission' | 'note' | 'mountPath'>;
/** What a person may set of a vfolder; what is absent keeps its value or default. */
export type OptionalFields = { [Name in keyof Fields]?: Fields[Name] | undefined };

/** @throws `bad-request` for a mount path that no container can have */
export function checkMountPath(mountPath: string | null | undefined): void {
  if (mountPath === null || mountPath === undefined) return;
  if (mountPath === '' || mountPath.includes('\0') || mountPath.split('/').includes('..')) {
    throw new StowageError('bad-request', `“${visible(mountPath)}” cannot be a mount path.`, {
      subject: mountPath,
      hint: 'Give an absolute path as /data, or one relative to the working directory, without “..”.',
    });
  }
}

export function updateFields(database: Database, row: VfolderRow, fields: OptionalFields): void {
  checkMountPath(fields.mountPath);
  database.run(
    'UPDATE vfolders SET usage = ?, permission = ?, note = ?, mount_path = ? WHERE id = ?',
    fields.usage ?? row.usage,
    fields.permission ?? row.permission,
    fields.note ?? row.note,
    fields.mountPath === undefined ? row.mount_path : fields.mountPath,
    row.id,
  );
}
