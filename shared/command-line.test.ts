import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCommandLine, fromArgv, parseCommandLine, toArgv } from './command-line.ts';

describe('parseCommandLine', () => {
  it.each([
    ['python train.py --lr 0.1', ['python', 'train.py', '--lr', '0.1']],
    ['  spaced   out\n here ', ['spaced', 'out', 'here']],
    [`echo 'a b' "c d"e`, ['echo', 'a b', 'c de']],
    [`echo "say \\"hi\\" \\n"`, ['echo', 'say "hi" \\n']],
    ['echo a\\ b', ['echo', 'a b']],
    [`echo '' ""`, ['echo', '', '']],
    ['one \\\n two', ['one', 'two']],
    ['', []],
    ['   ', []],
  ])('splits %j as a shell does', (text, argv) => {
    expect(parseCommandLine(text)).toMatchObject({ argv, error: null });
  });

  it.each([
    [`echo 'open`, 'single quote'],
    ['echo "open', 'double quote'],
    ['echo \\', 'backslash'],
  ])('names what is unfinished in %j', (text, words) => {
    expect(parseCommandLine(text).error).toContain(words);
  });

  it('names the unquoted signs that only a shell would understand', () => {
    expect(parseCommandLine('cat *.txt | wc -l > "$HOME/n" && echo $USER').shellSyntax).toEqual([
      '*',
      '|',
      '>',
      '$HOME',
      '&&',
      '$USER',
    ]);
    expect(parseCommandLine(`echo 'a | b' \\$x "1 > 2"`).shellSyntax).toEqual([]);
  });

  it('keeps the signs of a shell as text when no shell is asked for', () => {
    expect(parseCommandLine('echo a|b $X').argv).toEqual(['echo', 'a|b', '$X']);
  });

  it('reads back any words that were formatted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (argv) => {
        expect(parseCommandLine(formatCommandLine(argv))).toMatchObject({ argv, error: null });
      }),
    );
  });
});

describe('typed commands', () => {
  it('wraps a script for the shell and unwraps it again', () => {
    const typed = { text: 'wc -l *.csv > out/n', shell: true };
    expect(toArgv(typed).argv).toEqual(['sh', '-c', 'wc -l *.csv > out/n']);
    expect(fromArgv(['sh', '-c', 'wc -l *.csv > out/n'])).toEqual(typed);
  });

  it('gives no words for an empty script', () => {
    expect(toArgv({ text: ' ', shell: true }).argv).toEqual([]);
  });

  it('keeps the words of any job that is cloned', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (argv) => {
        expect(toArgv(fromArgv(argv)).argv).toEqual(argv);
      }),
    );
    expect(toArgv(fromArgv(['sh', '-c', 'x', 'y'])).argv).toEqual(['sh', '-c', 'x', 'y']);
  });
});
