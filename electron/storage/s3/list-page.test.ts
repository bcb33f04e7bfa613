import { describe, expect, it } from 'vitest';
import { parseListPage } from './list-page.ts';

const page = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;

describe('a page of a listing', () => {
  it('is read as Amazon and Ceph write it', () => {
    const listed = parseListPage(
      page(`<Name>b</Name><Prefix>f/</Prefix><KeyCount>3</KeyCount><IsTruncated>true</IsTruncated>
        <NextContinuationToken>1ueGcx+/&amp;==</NextContinuationToken><EncodingType>url</EncodingType>
        <Contents><Key>f/a+b%2Bc%0A%3Cx%3E</Key><LastModified>2026-11-21T08:49:30.769Z</LastModified>
        <ETag>&quot;900150983cd24fb0d6963f7d28e17f72&quot;</ETag><Size>5368709121</Size>
        <Owner><ID>x</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>
        <Contents><Key>f/empty</Key><ETag>&#34;1&#x22;</ETag><Size>0</Size></Contents>
        <CommonPrefixes><Prefix>f/one/</Prefix></CommonPrefixes>
        <CommonPrefixes><Prefix>f/t%C3%BC/</Prefix><Prefix>f/three/</Prefix></CommonPrefixes>`),
    );
    expect(listed).toEqual({
      objects: [
        {
          key: 'f/a b+c\n<x>',
          size: 5_368_709_121,
          etag: '"900150983cd24fb0d6963f7d28e17f72"',
          modified: Date.parse('2026-11-21T08:49:30.769Z'),
          storageClass: 'STANDARD',
        },
        { key: 'f/empty', size: 0, etag: '"1"', modified: null, storageClass: '' },
      ],
      prefixes: ['f/one/', 'f/tü/', 'f/three/'],
      truncated: true,
      token: '1ueGcx+/&==',
    });
  });

  it('may be empty, and last', () => {
    expect(parseListPage(page('<IsTruncated>false</IsTruncated>'))).toEqual({
      ...{ objects: [], prefixes: [], truncated: false, token: '' },
    });
  });

  it('that is none, or breaks off, is no failure of the reader', () => {
    expect(parseListPage('<html><body>Welcome</body></html>')).toBeNull();
    expect(parseListPage('')).toBeNull();
    expect(parseListPage('<ListBucketResult><Contents><Key>a</Key>')?.objects).toEqual([]);
    expect(parseListPage(page('<Contents><Key>100%</Key></Contents>'))?.objects[0]?.key).toBe('100%');
  });
});
