import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogChunk } from '#shared/contract/jobs.ts';
import { byteLength, LogModel, lineText } from './log-model.ts';

/** Chunks of one log: `!text` went to stderr. Offsets count from `start`. */
function chunks(texts: readonly string[], start = 0): LogChunk[] {
  let offset = start;
  return texts.map((given, index) => {
    const stderr = given.startsWith('!');
    const text = stderr ? given.slice(1) : given;
    const chunk: LogChunk = { offset, time: 1000 + index, stream: stderr ? 'stderr' : 'stdout', text };
    offset += byteLength(text);
    return chunk;
  });
}

const sizeOf = (list: readonly LogChunk[]): number => {
  const last = list.at(-1);
  return last ? last.offset + byteLength(last.text) : 0;
};

function modelOf(...texts: string[]): LogModel {
  const model = new LogModel();
  const list = chunks(texts);
  model.append(list, sizeOf(list));
  return model;
}

const texts = (model: LogModel): string[] => model.lines.map(lineText);

describe('LogModel', () => {
  it('joins lines that were split over chunks', () => {
    expect(texts(modelOf('one\ntw', 'o\n', '\nfour'))).toEqual(['one', 'two', '', 'four']);
  });

  it('lets a progress bar write over its own line', () => {
    expect(texts(modelOf('  1 %\r', ' 50 %\r100 %', '\r\nnext'))).toEqual(['100 %', 'next']);
    expect(texts(modelOf('longer text\rshort'))).toEqual(['shortr text']);
    expect(texts(modelOf('longer text\r\x1b[Kshort'))).toEqual(['short']);
  });

  it('keeps the lines of the two streams apart while both are open', () => {
    const model = modelOf('loading', '!warning: slow\n', ' done\n');
    expect(model.lines.map((line) => [line.stream, lineText(line)])).toEqual([
      ['stdout', 'loading done'],
      ['stderr', 'warning: slow'],
    ]);
  });

  it('carries colours across chunks and lines, and through an escape that was cut in two', () => {
    const model = modelOf('\x1b[1;3', '1mred\nstill', '\x1b', '[0m plain \x1b[38;5;196mbright\x1b[48;2;1;2;3mback');
    const [first, second] = model.lines;
    expect(first?.runs).toMatchObject([{ text: 'red', style: { foreground: 1, bold: true } }]);
    expect(second?.runs).toMatchObject([
      { text: 'still', style: { foreground: 1, bold: true } },
      { text: ' plain ', style: { foreground: null, bold: false } },
      { text: 'bright', style: { foreground: 'rgb(255, 0, 0)' } },
      { text: 'back', style: { foreground: 'rgb(255, 0, 0)', background: 'rgb(1, 2, 3)' } },
    ]);
  });

  it('leaves out titles, links and cursor moves', () => {
    expect(texts(modelOf('\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b[2Ab\x1b[?25l\x07\x00c'))).toEqual([
      'alinkbc',
    ]);
  });

  it('shows the same whatever the chunks', () => {
    const part = fc.constantFrom('a', 'bc', '\n', '\r', '\x1b[31m', '\x1b[0m', '\x1b[K', '\b', 'é', '漢', '🙂', '\t');
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
        const whole = parts.join('');
        const signs = [...whole];
        const pieces: string[] = [];
        for (const length of cuts) pieces.push(signs.splice(0, length).join(''));
        pieces.push(signs.join(''));
        const split = modelOf(...pieces);
        const joined = modelOf(whole);
        const seen = (model: LogModel) => model.lines.map((line) => [line.offset, line.runs]);
        expect(seen(split)).toEqual(seen(joined));
      }),
    );
  });

  it('keeps a bounded number of lines and tells where they begin', () => {
    const model = new LogModel(0, { maxLines: 3, maxLineLength: 100, maxCharacters: 1000 });
    const list = chunks(['1\n2\n3\n', '4\n5\n6']);
    model.append(list, sizeOf(list));
    expect(texts(model)).toEqual(['4', '5', '6']);
    expect(model.start).toBe(6);
    model.append(chunks(['!x\n', '+\n'], model.end), model.end + 4);
    expect(texts(model)).toEqual(['5', '6+', 'x']);
  });

  it('keeps a bounded number of characters', () => {
    const model = new LogModel(0, { maxLines: 100, maxLineLength: 1000, maxCharacters: 25 });
    model.append(chunks([`${'x'.repeat(10)}\n`.repeat(50)]), 550);
    expect(texts(model)).toEqual(['x'.repeat(10), 'x'.repeat(10)]);
  });

  it('breaks a line that never ends', () => {
    const model = new LogModel(0, { maxLines: 100, maxLineLength: 4, maxCharacters: 1000 });
    model.append(chunks(['abcdefghij']), 10);
    expect(model.lines.map((line) => [line.offset, lineText(line)])).toEqual([
      [0, 'abcd'],
      [4, 'efgh'],
      [8, 'ij'],
    ]);
  });

  it('opens in the middle, then shows what came before without a hole or a repeat', () => {
    const all = chunks(['één\ntwee\n', 'drie\nvier\n', '!fout\n', 'vijf']);
    const size = sizeOf(all);
    const model = new LogModel(7);
    model.append(all, size);
    model.trimTornLine();
    expect(texts(model)).toEqual(['drie', 'vier', 'fout', 'vijf']);
    model.prepend(all, 0);
    expect(texts(model)).toEqual(['één', 'twee', 'drie', 'vier', 'fout', 'vijf']);
    expect(model.start).toBe(0);
    const keys = model.lines.map((line) => line.key);
    expect(keys).toEqual([...keys].sort((one, other) => one - other));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('gives up the newest lines for earlier ones, and reads them again from there', () => {
    const all = chunks(['1\n2\n3\n4\n']);
    const model = new LogModel(4, { maxLines: 3, maxLineLength: 100, maxCharacters: 1000 });
    model.append(all, 8);
    model.prepend(all, 0);
    expect(texts(model)).toEqual(['1', '2', '3']);
    expect(model.end).toBe(6);
    model.append(all, 8);
    expect(texts(model)).toEqual(['2', '3', '4']);
  });
});
