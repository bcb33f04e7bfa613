import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LogFind, type LogSearch, searchLog } from './log-search.ts';
import { openLog } from './log-store.ts';

let directory: string;
const lines = Array.from({ length: 60_000 }, (_, index) =>
  index % 20_000 === 777 ? `line ${index} \x1b[31mNe\x1b[0medle €` : `line ${index} of a log that is longer than a slice €`,
);
const offsetOf = (line: number): number =>
  Buffer.byteLength(
    lines
      .slice(0, line)
      .map((each) => `${each}\n`)
      .join(''),
  );

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-log-search-'));
  const store = await openLog(directory, 1);
  await store.write('stdout', Buffer.from(lines.map((line) => `${line}\n`).join('')));
  await store.finish();
  await store.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Asks until it is found, or there is no more. */
async function seek(search: LogSearch): Promise<LogFind> {
  const found = await searchLog(directory, 1, search);
  const over = search.backwards ? found.next === 0 : found.next >= found.size;
  return found.offset !== null || over ? found : seek({ ...search, from: found.next });
}

test('finds the next line with a text, forwards and backwards, whatever its case and colours', async () => {
  const found: (number | null)[] = [];
  let at = 0;
  for (;;) {
    const { offset } = await seek({ text: 'NEEDLE', from: at, backwards: false });
    found.push(offset);
    if (offset === null) break;
    at = offset + 30;
  }
  expect(found).toEqual([offsetOf(777), offsetOf(20_777), offsetOf(40_777), null]);
  const back = await seek({ text: 'needle €', from: offsetOf(59_000), backwards: true });
  expect(back.offset).toBe(offsetOf(40_777));
  expect((await seek({ text: 'needle', from: offsetOf(40_777), backwards: true })).offset).toBe(offsetOf(20_777));
  expect(await seek({ text: 'needle', from: offsetOf(777), backwards: true })).toMatchObject({ offset: null, next: 0 });
});

test('finds every line, wherever the slices are cut', async () => {
  for (let line = 11_000; line < 12_400; line += 97) {
    const text = `line ${line} of`;
    expect((await seek({ text, from: 0, backwards: false })).offset).toBe(offsetOf(line));
    expect((await seek({ text, from: offsetOf(60_000), backwards: true })).offset).toBe(offsetOf(line));
  }
});

test('an empty log has nothing to be found', async () => {
  expect(await searchLog(directory, 2, { text: 'x', from: 0, backwards: false })).toEqual({ offset: null, next: 0, size: 0 });
});
