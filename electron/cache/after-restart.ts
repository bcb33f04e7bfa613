import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { onDisk } from './cache-thread.ts';
import type { CacheLayout } from './layout.ts';
import type { Room } from './room.ts';
import type { CacheRows } from './rows.ts';

/** Removes what a former process did not bring to its end. */
export async function removeUnfinished(rows: CacheRows, room: Room, layout: CacheLayout): Promise<void> {
  for (const name of await readdir(layout.incoming)) await rm(join(layout.incoming, name), { recursive: true, force: true });
  rows.dropOwnUses();
  const left = rows.unfinished();
  await onDisk({ kind: 'remove', items: left.map((id) => ({ path: layout.object(id) })) });
  rows.transaction(() => {
    for (const id of left) rows.forget(id);
  });
  for (const tree of rows.trees()) if (tree.state === 'building') await room.dropTree(tree);
}

/** What the cache held when the machine was started; kept in a file of the cache. */
const bootSchema = z.object({ bootedAt: z.number(), lastObject: z.number().int(), lastTree: z.number().int() });

/** Clocks are set, and tell the time of the start a little differently each time. */
const sameBootMs = 90_000;
const pageRows = 1000;

/**
 * Files of the cache are not forced to the disk one by one, so a machine that lost its power may have lost the bytes of
 * what came last. After a restart of the machine, what came since the start before is looked at again: file systems tell
 * the size of a file no greater than what of it is there.
 */
export async function checkAfterRestart(
  rows: CacheRows,
  room: Room,
  layout: CacheLayout,
  now: number = Date.now(),
): Promise<void> {
  const path = join(layout.directory, 'machine.json');
  const bootedAt = now - uptime() * 1000;
  const known = bootSchema.safeParse(await readFile(path, 'utf8').then(JSON.parse, () => null)).data;
  if (known && Math.abs(known.bootedAt - bootedAt) < sameBootMs) return;
  if (known) {
    // Links to what is lost: made again from what is there.
    for (const tree of rows.trees()) if (tree.id > known.lastTree) await room.dropTree(tree);
    await forgetLost(rows, layout, known.lastObject);
  }
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ bootedAt, ...rows.last() }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

async function forgetLost(rows: CacheRows, layout: CacheLayout, after: number): Promise<void> {
  for (let page = rows.since(after, pageRows); page.length > 0; page = rows.since(page.at(-1)?.id ?? after, pageRows)) {
    const items = page.map(({ id, bytes }) => ({ path: layout.object(id), bytes }));
    const results = await onDisk({ kind: 'check', items });
    const lost = page.filter((_, index) => results[index]);
    await onDisk({ kind: 'remove', items: lost.map(({ id }) => ({ path: layout.object(id) })) });
    rows.transaction(() => {
      for (const { id } of lost) rows.forget(id);
    });
  }
}
