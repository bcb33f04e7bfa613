import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkScript } from '#shared/plan/link-script.ts';
import { isLinkLines, parseLinkLines } from './link-lines.ts';

const link = (path: string, target: string) => ({ path, target });

describe('parseLinkLines', () => {
  it.each([
    ['/data/a /home/work/a', link('/home/work/a', '/data/a')],
    ['ln -s /data/a /home/work/a', link('/home/work/a', '/data/a')],
    ['ln -sfn "/data/a b" /home/work/a', link('/home/work/a', '/data/a b')],
    ['mkdir -p /home/work && ln -s -- /data/a /home/work/a', link('/home/work/a', '/data/a')],
    ['/home/work/a -> /data/a', link('/home/work/a', '/data/a')],
    ['/home/work/a → /data/a', link('/home/work/a', '/data/a')],
    ['lrwxrwxrwx 1 ada ada 7 Nov 3 14:05 /home/work/a -> /data/a', link('/home/work/a', '/data/a')],
  ])('reads %j', (line, read) => {
    expect(parseLinkLines(line)).toEqual({ links: [read], refused: [] });
  });

  it('reads a script with all its lines', () => {
    const script =
      "#!/bin/sh\nset -e\n\nmkdir -p '/home/work/in'\r\nln -s /x/a /home/work/in/a\nln -s /x/b /home/work/in/b; ln -s /c /d\n";
    expect(parseLinkLines(script)).toEqual({
      links: [link('/home/work/in/a', '/x/a'), link('/home/work/in/b', '/x/b'), link('/d', '/c')],
      refused: [],
    });
  });

  it.each(['/only', 'ln -s /only', 'a b c', "ln -s '/open /x", '/a ->', 'rm -rf /'])('refuses %j', (line) => {
    expect(parseLinkLines(line)).toEqual({ links: [], refused: [line] });
  });
});

it('reads back every layout from its script', () => {
  const path = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }).map((name) => `/home/work/${name}`);
  fc.assert(
    fc.property(fc.array(fc.record({ path, target: path })), (links) => {
      expect(parseLinkLines(linkScript(links))).toEqual({ links, refused: [] });
    }),
    { numRuns: 200 },
  );
});

it('tells lines of links from a path', () => {
  expect(['/a b', '/a', ' /a\n', '/a->b'].map(isLinkLines)).toEqual([false, false, false, false]);
  expect(['/a -> /b', 'ln -s /a /b', '/a /b\n/c /d'].map(isLinkLines)).toEqual([true, true, true]);
});
