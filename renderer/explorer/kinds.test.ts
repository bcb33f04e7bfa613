import { expect, it } from 'vitest';
import type { Entry } from '#shared/contract/files.ts';
import { describeKind } from './kinds.ts';

const entry = (name: string, kind: Entry['kind'] = 'file'): Pick<Entry, 'name' | 'kind'> => ({ name, kind });

it('names the kinds of files', () => {
  expect(describeKind(entry('a.csv'))).toBe('CSV table');
  expect(describeKind(entry('m.safetensors'))).toBe('Model');
  expect(describeKind(entry('x.y z'))).toBe('File');
  expect(describeKind(entry('.profile'))).toBe('File');
  expect(describeKind(entry('d.csv', 'directory'))).toBe('Folder');
});
