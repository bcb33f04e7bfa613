import { describe, expect, it } from 'vitest';
import type { LogChunk } from '#shared/contract/jobs.ts';
import { defaultLimits, lineText } from './log-model.ts';
import { jumpBytes, LogReader, pageBytes, type ReadLog } from './log-reader.ts';

/** A log that grows, read as the core gives it; counts the reads in flight. */
class GrowingLog {
  text = '';
  ended = false;
  inFlight = 0;
  mostInFlight = 0;
  largest = 0;

  read: ReadLog = async ({ from, limit }) => {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await Promise.resolve();
    const start = from < 0 ? Math.max(0, this.text.length + from) : from;
    const text = this.text.slice(start, start + limit);
    this.largest = Math.max(this.largest, text.length);
    this.inFlight -= 1;
    const chunks: LogChunk[] = text === '' ? [] : [{ offset: start, time: 0, stream: 'stdout', text }];
    const next = start + text.length;
    return { chunks, next, size: this.text.length, end: this.ended && next === this.text.length };
  };
}

const row = (index: number): string => `row ${String(index).padStart(11, '0')}\n`;
const rows = (from: number, to: number): string => Array.from({ length: to - from }, (_, step) => row(from + step)).join('');
const shown = (reader: LogReader): string[] => reader.model.lines.map(lineText);

describe('LogReader', () => {
  it('follows a log as it grows, and says when all is there', async () => {
    const log = new GrowingLog();
    const reader = new LogReader(log.read);
    await reader.open();
    expect(shown(reader)).toEqual([]);
    log.text = rows(0, 3);
    log.ended = true;
    await reader.more();
    expect(shown(reader)).toEqual(['row 00000000000', 'row 00000000001', 'row 00000000002']);
    expect(reader.status).toMatchObject({ complete: true, skipped: 0, following: true });
  });

  it('reads one bounded page at a time, whatever is announced', async () => {
    const log = new GrowingLog();
    const reader = new LogReader(log.read);
    await reader.open();
    log.text = rows(0, 40_000);
    await Promise.all([reader.more(), reader.more(), reader.more()]);
    expect(log.mostInFlight).toBe(1);
    expect(log.largest).toBeLessThanOrEqual(pageBytes);
    expect(reader.model.end).toBe(log.text.length);
    expect(shown(reader)).toHaveLength(40_000);
  });

  it('jumps to the end when it is far behind, and counts what it skipped', async () => {
    const log = new GrowingLog();
    const reader = new LogReader(log.read);
    log.text = rows(0, 10);
    await reader.open();
    const before = reader.model.end;
    log.text += rows(10, 10 + (4 * jumpBytes) / 16);
    reader.noteSize(log.text.length);
    await reader.more();
    expect(reader.status.skipped).toBeGreaterThan(3 * jumpBytes);
    expect(reader.status.skipped).toBeLessThanOrEqual(reader.model.start - before);
    expect(shown(reader).at(-1)).toBe(row(10 + (4 * jumpBytes) / 16 - 1).trimEnd());
    await reader.fromStart();
    expect(shown(reader)[0]).toBe('row 00000000000');
    expect(reader.status).toMatchObject({ skipped: 0, following: false });
  });

  it('loads earlier pages back to the first line without a hole', async () => {
    const log = new GrowingLog();
    log.text = rows(0, 40_000);
    const reader = new LogReader(log.read);
    await reader.open();
    expect(reader.model.start).toBeGreaterThan(0);
    while (reader.model.start > 0) await reader.earlier();
    expect(shown(reader)).toEqual(rows(0, 40_000).trimEnd().split('\n'));
    expect(reader.status.following).toBe(false);
  });

  it('keeps still while paused, and goes on where it stopped', async () => {
    const log = new GrowingLog();
    log.text = rows(0, 2);
    const reader = new LogReader(log.read, { ...defaultLimits, maxLines: 1000 });
    await reader.open();
    await reader.follow(false);
    log.text += rows(2, 4);
    await reader.more();
    expect(shown(reader)).toHaveLength(2);
    await reader.follow(true);
    expect(shown(reader)).toEqual(rows(0, 4).trimEnd().split('\n'));
  });

  it('tells an error and reads on afterwards', async () => {
    const log = new GrowingLog();
    let broken = true;
    const reader = new LogReader((request, signal) => {
      if (broken) throw new Error('gone');
      return log.read(request, signal);
    });
    await reader.open();
    expect(reader.status.error).toBeInstanceOf(Error);
    broken = false;
    log.text = 'back';
    await reader.open();
    expect(reader.status.error).toBeNull();
    expect(shown(reader)).toEqual(['back']);
  });
});
