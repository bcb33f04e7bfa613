import { mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { fromErrno } from './errno.ts';

const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

it('says in a sentence what the system meant, naming the subject', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-errno-'));
  try {
    const missing = thrown(() => openSync(join(folder, 'x'), 'r'));
    expect(fromErrno(missing, 'data/x')).toMatchObject({
      code: 'not-found',
      message: '“data/x” does not exist.',
      data: { subject: 'data/x', detail: expect.stringContaining('ENOENT') },
    });
    writeFileSync(join(folder, 'y'), '');
    expect(
      fromErrno(
        thrown(() => rmdirSync(folder)),
        'data',
      ),
    ).toMatchObject({ code: 'not-empty' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('makes control characters of the subject visible', () => {
  const error = Object.assign(new Error('EACCES'), { code: 'EACCES' });
  expect(fromErrno(error, 'a\nb')).toMatchObject({ message: 'The system does not allow access to “a␊b”.' });
});

it('leaves what is already known, and what is no system error', () => {
  const known = new StowageError('stalled', 'Stalled.');
  expect(fromErrno(known, 'x')).toBe(known);
  const bug = new TypeError('bug');
  expect(fromErrno(bug, 'x')).toBe(bug);
  expect(fromErrno(Object.assign(new Error('EWEIRD'), { code: 'EWEIRD' }), 'x')).toMatchObject({ code: 'io-error' });
});
