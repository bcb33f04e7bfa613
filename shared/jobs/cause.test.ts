import { expect, test } from 'vitest';
import { causeOf } from './cause.ts';

const context = { command: ['train.sh'], memoryBytes: 512 * 1024 ** 2 };
const cause = (code: number | null, oomKilled = false, message: string | null = null) =>
  causeOf({ code, oomKilled, message }, context);

test('success has no cause', () => {
  expect(cause(0)).toBeNull();
});

test('says the exit code, and what 126 and 127 mean', () => {
  expect(cause(3)).toMatchObject({ code: 'job-failed', message: 'The command ended with exit code 3.' });
  expect(cause(126)).toMatchObject({ code: 'command-not-executable', subject: 'train.sh' });
  expect(cause(127)).toMatchObject({ code: 'command-not-found', subject: 'train.sh' });
});

test('names the signal that ended it', () => {
  expect(cause(139)?.message).toBe('The command was ended by SIGSEGV (exit code 139): it touched memory that is not its own.');
  expect(cause(137)?.message).toContain('SIGKILL');
  expect(cause(168)?.message).toBe('The command was ended by signal 40 (exit code 168).');
  expect(cause(255)?.message).toBe('The command ended with exit code 255.');
});

test('names the memory limit when the job used it up', () => {
  expect(cause(137, true)).toMatchObject({
    message: 'The job was killed because it used up its memory of 512 MiB.',
    hint: 'Give the job more memory, or let it use less.',
  });
  expect(cause(1, true)?.message).toContain('A process of the job was killed');
  expect(causeOf({ code: 137, oomKilled: true, message: null }, { ...context, memoryBytes: null })?.hint).toContain('machine');
});

test('gives the engine’s words when there is no exit code', () => {
  expect(cause(null, false, 'the daemon lost it')).toEqual({
    code: 'job-failed',
    message: 'the daemon lost it',
    detail: 'the daemon lost it',
  });
});
