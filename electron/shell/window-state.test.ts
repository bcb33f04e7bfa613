import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWindowState } from './window-state.ts';

const screens = [
  { x: 0, y: 0, width: 1920, height: 1080 },
  { x: -1280, y: 100, width: 1280, height: 800 },
];
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-window-'));
  file = join(folder, 'window.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(state: unknown): ReturnType<typeof readWindowState> {
  writeFileSync(file, typeof state === 'string' ? state : JSON.stringify(state));
  return readWindowState(file, screens);
}

const usual = { width: 1280, height: 800, maximized: false };

test('begins with a usual size', () => {
  expect(readWindowState(file, screens)).toEqual(usual);
});

test.each(['', '{', '[]', '{"width":"x"}', 'null'])('begins anew when it finds “%s”', (damaged) => {
  expect(read(damaged)).toEqual(usual);
});

test('keeps a place on any screen, also left of the first', () => {
  const state = { x: -1200, y: 150, width: 1000, height: 700, maximized: false };
  expect(read(state)).toEqual(state);
});

test.each([
  [5000, 100],
  [100, 1060],
  [100, -300],
  [-3000, 200],
])('forgets the place %i, %i, where it could not be reached', (x, y) => {
  expect(read({ x, y, width: 1000, height: 700, maximized: false })).toEqual({ width: 1000, height: 700, maximized: false });
});

test('is never too small to use', () => {
  expect(read({ width: 10, height: -5, maximized: true })).toEqual({ width: 800, height: 560, maximized: true });
});
