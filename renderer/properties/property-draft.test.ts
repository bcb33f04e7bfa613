import { describe, expect, it } from 'vitest';
import type { Editable, FileProperties } from '#shared/contract/properties.ts';
import { addRow, changeOf, draftOf, problemsOf } from './property-draft.ts';

const rules = { names: 'identifier', maxPairs: 3, maxName: 20, maxValue: 50, maxBytes: null } as const;
const edit: Editable = {
  headers: ['contentType', 'cacheControl'],
  metadata: rules,
  tags: { ...rules, names: 'tag' },
  tiers: ['Hot', 'Cool'],
};
const found: FileProperties = {
  entry: { name: 'a', path: 'a', kind: 'file', size: 1, modified: 0, etag: 'e', tier: 'Hot' },
  ...{ md5: null, md5OfParts: null, created: null, accessed: null, versionId: null, local: null },
  headers: { contentType: 'text/plain' },
  metadata: [
    { name: 'old', value: 'ümlaut of someone else' },
    { name: 'note', value: 'x' },
  ],
  ...{ kept: [], tags: [], details: [], urls: [] },
  edit,
  share: { refusal: 'No.' },
};
const draft = draftOf(found);

describe('the form of properties', () => {
  it('changes nothing when nothing was typed, an empty row included', () => {
    expect(changeOf(found, draft, edit)).toBeNull();
    const added = { ...draft, metadata: addRow(draft.metadata) };
    expect(changeOf(found, added, edit)).toBeNull();
    expect(problemsOf(found, added, edit).any).toBe(false);
  });

  it('sends only what was changed', () => {
    const changed = {
      headers: { ...draft.headers, contentType: '', cacheControl: 'no-store' },
      metadata: draft.metadata.slice(1).map((row) => ({ ...row, value: 'y' })),
      tags: addRow(draft.tags).map((row) => ({ ...row, name: 'team', value: 'a' })),
      tier: 'Cool',
    };
    expect(changeOf(found, changed, edit)).toEqual({
      headers: { contentType: null, cacheControl: 'no-store' },
      metadata: [
        { name: 'old', value: null },
        { name: 'note', value: 'y' },
      ],
      tags: [{ name: 'team', value: 'a' }],
      tier: 'Cool',
    });
  });

  it('says which row is wrong and why, not about what the host itself holds', () => {
    const rows = addRow(draft.metadata).map((row) => (row.name === '' ? { ...row, name: 'not a name', value: 'x' } : row));
    const problems = problemsOf(found, { ...draft, metadata: rows }, edit);
    expect([...problems.metadata.rows]).toEqual([[2, { field: 'name', problem: expect.stringMatching(/\.$/) }]]);
    expect(problems.any).toBe(true);
    const twice = addRow(draft.metadata).map((row) => (row.name === '' ? { ...row, name: 'Note', value: 'x' } : row));
    expect(problemsOf(found, { ...draft, metadata: twice }, edit).metadata.all).toContain('twice');
    expect(
      problemsOf(found, { ...draft, headers: { ...draft.headers, contentType: 'csv' } }, edit).headers.contentType,
    ).toBeDefined();
  });
});
