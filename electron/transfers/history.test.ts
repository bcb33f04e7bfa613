import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '#shared/contract/transfers.ts';
import { type Bench, openBench } from './fixture.ts';
import { keepHistoryShort } from './history.ts';
import { createJournal } from './journal.ts';

describe('the history of transfers', () => {
  let bench: Bench;
  let source: string;
  const local = (path: string): Endpoint => ({ kind: 'local', path });
  const inside = (path = ''): Endpoint => ({ kind: 'vfolder', vfolder: 'data', path });

  beforeEach(() => {
    bench = openBench();
    bench.vfolder('data');
    source = join(bench.directory, 'source');
    mkdirSync(source);
  });
  afterEach(() => bench.remove());

  const put = (name: string, text: string | Buffer = name): string => {
    writeFileSync(join(source, name), text);
    return join(source, name);
  };
  const upload = async (name: string): Promise<number> => {
    const { service } = bench.transfers;
    const { id } = await service.start({ sources: [local(put(name))], destination: inside(), conflict: 'overwrite' }, {});
    await bench.until(id, 'done');
    return id;
  };

  it('tells how long a transfer ran and lets it run again as another one', async () => {
    const { service } = bench.transfers;
    const id = await upload('a.txt');
    expect((await service.get({ id }, {})).ranMs).toBeGreaterThanOrEqual(0);
    put('a.txt', 'changed since');
    const again = await service.again({ id }, {});
    expect(again).toMatchObject({ kind: 'upload', title: 'a.txt', conflict: 'overwrite' });
    expect(again.id).not.toBe(id);
    await bench.until(again.id, 'done');
    expect(readFileSync(join(bench.host, 'data', 'a.txt'), 'utf8')).toBe('changed since');
    const journal = createJournal(bench.database);
    journal.setState(id, 'running');
    bench.database.run('UPDATE transfers SET running_since = running_since - 5000 WHERE id = ?', id);
    await expect(async () => service.again({ id }, {})).rejects.toMatchObject({ code: 'wrong-state' });
    journal.setState(id, 'done');
    expect((await service.get({ id }, {})).ranMs).toBeGreaterThanOrEqual(5000);
  });

  it('pauses everything, those that wait first, and goes on with all in their order', async () => {
    const { service } = bench.transfers;
    const big = put('big', Buffer.alloc(300_000_000));
    const ids: number[] = [];
    for (const rename of ['a', 'b', 'c', 'd'])
      ids.push((await service.start({ sources: [local(big)], destination: inside(), rename }, {})).id);
    expect(await service.pauseAll(undefined, {})).toEqual({ changed: 4 });
    const states = async (): Promise<string[]> => (await service.list(undefined, {})).map(({ state }) => state);
    expect(await states()).toEqual(['paused', 'paused', 'paused', 'paused']);
    expect(await service.resumeAll(undefined, {})).toEqual({ changed: 4 });
    expect(await states()).toEqual(['running', 'running', 'queued', 'queued']);
    const positions = (await service.list(undefined, {})).map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    for (const id of ids.toReversed()) await service.cancel({ id }, {});
  });

  it('keeps the last that ended and forgets older ones with their files', async () => {
    const journal = createJournal(bench.database);
    const ids = [await upload('1'), await upload('2'), await upload('3')];
    for (const [index, id] of ids.entries()) bench.database.run('UPDATE transfers SET ended_at = ? WHERE id = ?', index + 1, id);
    expect(journal.endedBeforeLast(1)).toEqual([ids[1], ids[0]]);
    const cleared = Promise.withResolvers<number[]>();
    const history = keepHistoryShort(journal, bench.changes, (old) => cleared.resolve(old), 1);
    const ended = await bench.transfers.service.get({ id: ids[2] ?? 0 }, {});
    bench.changes.emit({ type: 'transfer', transfer: ended });
    expect(await cleared.promise).toEqual([ids[1], ids[0]]);
    await history.close();
    await bench.transfers.service.clear({ ids: [ids[0] ?? 0, ids[1] ?? 0] }, {});
    expect((await bench.transfers.service.list(undefined, {})).map(({ id }) => id)).toEqual([ids[2]]);
    expect(bench.database.all('SELECT DISTINCT transfer_id FROM transfer_files')).toEqual([{ transfer_id: ids[2] }]);
  });
});
