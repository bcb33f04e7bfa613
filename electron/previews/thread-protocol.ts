import type { PreviewRows, TableDialect } from '#shared/contract/previews.ts';
import type { Opened, ShownAs } from './open.ts';

/** What a thread is asked for. */
export type ThreadJob =
  | { readonly type: 'open'; readonly size: number; readonly name: string; readonly as: ShownAs }
  | {
      readonly type: 'rows';
      readonly size: number;
      readonly dialect: TableDialect;
      readonly offset: number;
      readonly columns: readonly string[];
    };

export interface JobResults {
  readonly open: Opened;
  readonly rows: PreviewRows;
}

/** To the thread. */
export type ThreadOrder =
  | { readonly type: 'job'; readonly job: ThreadJob }
  /** Null: they could not be read; `refused` tells why when it is the preview's own doing. */
  | { readonly type: 'bytes'; readonly read: number; readonly bytes: Uint8Array | null; readonly refused: string | null };

/** From the thread. */
export type ThreadAnswer =
  | { readonly type: 'read'; readonly read: number; readonly offset: number; readonly length: number }
  | { readonly type: 'done'; readonly result: JobResults[keyof JobResults] }
  | { readonly type: 'failed'; readonly reason: 'read' }
  | { readonly type: 'failed'; readonly reason: 'not-shown' | 'damaged'; readonly message: string };
