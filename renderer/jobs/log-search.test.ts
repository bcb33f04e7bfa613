import { describe, expect, it } from 'vitest';
import { LogModel } from './log-model.ts';
import { findMatches, matchFrom, mostMatches } from './log-search.ts';

function linesOf(text: string) {
  const model = new LogModel();
  model.append([{ offset: 0, time: 0, stream: 'stdout', text }], text.length);
  return model.lines;
}

describe('searching a log', () => {
  it('finds every place whatever its case, across colours', () => {
    const lines = linesOf('Loss \u001b[31mlo\u001b[0mss\nnothing\nLOSS\n');
    expect(findMatches(lines, 'loss')).toEqual([
      { line: 0, start: 0, end: 4 },
      { line: 0, start: 5, end: 9 },
      { line: 2, start: 0, end: 4 },
    ]);
    expect(findMatches(lines, '')).toEqual([]);
  });

  it('begins at what is on screen and goes round', () => {
    const matches = findMatches(linesOf('a\nb\na\n'), 'a');
    expect(matchFrom(matches, 1)).toBe(1);
    expect(matchFrom(matches, 3)).toBe(0);
    expect(matchFrom([], 0)).toBe(-1);
  });

  it('stops counting in a flood', () => {
    expect(findMatches(linesOf('a\n'.repeat(mostMatches + 10)), 'a').length).toBe(mostMatches);
  });
});
