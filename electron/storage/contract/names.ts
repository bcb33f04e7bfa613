import { expect, it } from 'vitest';
import { at, freshWorld, type Joined, listed, namesIn, put, textOf } from './world.ts';

const oddNames = [
  'with space',
  ' leading and trailing ',
  'hash#question?percent%20&plus+',
  'line\nbreak',
  'quote"\'`$(x);|<img onerror=1>',
  'back\\slash',
  '\u202Ertl',
  '日本語',
  'emoji-\u{1F4E6}',
  '-dash',
  '~tilde',
  'trailing.dot.',
  'tab\tand\u007fdelete',
  'look-alikes \u2400 \u240a \u2421 \uff3c \u201b \uff0e',
  '\u201b\u201b\uff0e',
  "!*'();:@&=+$,[]{}^`",
  '%2e%2e%2f',
  'CON',
  '...',
];

export function namesContract(joined: Joined): void {
  const world = freshWorld(joined);

  it('keeps odd names as they are, as files and as folders', async () => {
    const { provider } = world;
    if (provider.nameRules.windows) return;
    for (const name of oddNames) await put(provider, `${name}/${name}`, name);
    expect(await namesIn(provider, '')).toEqual([...oddNames].sort((a, b) => (a < b ? -1 : 1)));
    for (const name of oddNames) expect(await textOf(provider, `${name}/${name}`)).toBe(name);
  });

  it('tells composed and decomposed letters apart, or says that they are one name', async () => {
    const { provider } = world;
    const composed = 'caf\u00e9';
    const decomposed = 'cafe\u0301';
    await put(provider, composed, 'composed');
    const second = await provider.stat(at(decomposed)).catch(() => null);
    if (second !== null) return;
    await put(provider, decomposed, 'decomposed');
    expect(await textOf(provider, composed)).toBe('composed');
    expect(await listed(provider, '')).toHaveLength(2);
  });

  it('holds to what it says about case', async () => {
    const { provider } = world;
    await put(provider, 'Readme', 'upper');
    const lower = await provider.stat(at('readme')).catch(() => null);
    expect(lower === null).toBe(provider.caseSensitive);
  });

  it('refuses a name that is too long, and leaves nothing behind', async () => {
    const { provider } = world;
    const long = 'x'.repeat(provider.nameRules.maxSegmentBytes + 1);
    await expect(put(provider, long, 'x')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(put(provider, `${long}/file`, 'x')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(provider.makeDirectory(at(`a/${long}`))).rejects.toMatchObject({ code: 'name-invalid' });
    expect(await namesIn(provider, '')).toEqual([]);
    await put(provider, 'x'.repeat(provider.nameRules.maxSegmentBytes), 'fits');
  });
}
