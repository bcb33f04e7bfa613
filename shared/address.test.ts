import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parseLink, parseMount, splitPartialAddress } from './address.ts';

describe('splitPartialAddress', () => {
  it('takes text without “:” or “/” for the beginning of a vfolder’s name', () => {
    expect(splitPartialAddress('')).toEqual({ in: 'names', begin: '' });
    expect(splitPartialAddress('.ca')).toEqual({ in: 'names', begin: '.ca' });
  });

  it('splits the rest into a folder and what is typed of a name in it', () => {
    const folder = (vfolder: string, inner: string, begin: string) => ({ in: 'folder', vfolder, folder: inner, begin });
    for (const text of ['data:', 'data:/', 'data/']) expect(splitPartialAddress(text)).toEqual(folder('data', '', ''));
    for (const text of ['data:/tr', 'data:tr', 'data/tr']) expect(splitPartialAddress(text)).toEqual(folder('data', '', 'tr'));
    expect(splitPartialAddress('data:/a/b c/')).toEqual(folder('data', 'a/b c/', ''));
    expect(splitPartialAddress('data:/a/../x')).toEqual(folder('data', 'a/../', 'x'));
  });

  it('gives nothing for text with which no address begins', () => {
    for (const text of ['/etc', ':/a', 'a b', 'ü', 'x'.repeat(65)]) expect(splitPartialAddress(text)).toBeNull();
  });

  it('comes together again: what is typed whole is the address', () => {
    for (const text of ['data:/a/b', 'data:/x', 'm.1-2_3:/d/e/f.csv']) {
      const partial = splitPartialAddress(text);
      if (partial?.in !== 'folder') throw new Error('a folder was expected');
      const { vfolder, path } = parseAddress(text);
      expect(formatAddress(partial.vfolder, partial.folder + partial.begin)).toBe(formatAddress(vfolder, path));
    }
  });
});

describe('parseMount', () => {
  it.each([
    ['data', { source: 'data:/' }],
    ['data/train:/data', { source: 'data:/train', target: '/data' }],
    ['data:/d:ro', { source: 'data:/', target: '/d', mode: 'ro' }],
    ['data:rw', { source: 'data:/', mode: 'rw' }],
    ['data:/d:ro,copy', { source: 'data:/', target: '/d', mode: 'ro', approach: 'copy' }],
    ['data:rw,share', { source: 'data:/', mode: 'rw', approach: 'share' }],
    ['data:/d:bake', { source: 'data:/', target: '/d', approach: 'bake' }],
  ])('reads %s', (text, mount) => {
    expect(parseMount(text)).toEqual(mount);
  });

  it('takes the name of an approach after a source for a target', () => {
    expect(parseMount('data:copy')).toEqual({ source: 'data:/', target: 'copy' });
  });

  it.each(['', ':/d', 'data:', 'data:/d:rx', 'data:/d:ro,move', 'data:/d:ro,copy,bake', 'data:/d:e:ro'])('refuses %j', (text) => {
    expect(() => parseMount(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

describe('parseLink', () => {
  it('divides at the first “=”', () => {
    expect(parseLink('/home/work/a=/data/x=1')).toEqual({ path: '/home/work/a', target: '/data/x=1' });
  });

  it.each(['', '/a', '=/a', '/a='])('refuses %j', (text) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
