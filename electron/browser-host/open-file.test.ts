import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findOpenFile, openFile } from './open-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-open-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const text = (): string => readFileSync(join(home, 'run', 'open.html'), 'utf8');

it('A12 waits without a key, hands it over behind the #, for its owner alone, and goes', () => {
  const file = openFile(home);
  expect(findOpenFile(home)).toBeNull();
  file.wait();
  expect(text()).toContain('location.reload');
  file.publish('http://127.0.0.1:1/', 'secret');
  expect(text()).toContain('url=http://127.0.0.1:1/#key=secret"');
  expect(text()).not.toContain('reload');
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(findOpenFile(home)).toBe(file.path);
  file.remove();
  expect(existsSync(file.path)).toBe(false);
});

it('says to whoever waits that nothing will come, with no markup of the reason', () => {
  const file = openFile(home);
  file.wait();
  file.fail('No room on “<img src=x>”');
  expect(text()).toContain('could not be opened: No room on “&#60;img src=x&#62;”');
  expect(text()).not.toContain('reload');
});
