/** Written bytes that go to the disk together, while more is written. */
const syncBytes = 64 * 1024 * 1024;

/** Brings a large file to the disk while it is written, so that little is left for the end. */
export interface Syncing {
  /** So many bytes more were written. */
  written(bytes: number): void;
  /** Waits for the sync that is under way. @throws what any of them threw: the system tells an error of writing once only */
  rest(): Promise<void>;
}

/** One call of `sync` at a time: what is written meanwhile is left to the next. */
export function createSyncing(sync: () => Promise<void>): Syncing {
  let unsynced = 0;
  let current: Promise<void> | null = null;
  let failed: { error: unknown } | null = null;
  return {
    written: (bytes) => {
      unsynced += bytes;
      if (current || unsynced < syncBytes) return;
      unsynced = 0;
      current = sync()
        .catch((error: unknown) => {
          failed ??= { error };
        })
        .finally(() => {
          current = null;
        });
    },
    rest: async () => {
      await current;
      if (failed) throw failed.error;
    },
  };
}
