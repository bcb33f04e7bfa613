import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHome } from './home-lock.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-lock-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const taken = expect.objectContaining({ code: 'already-running' });

it('gives a data directory to one holder, and to the next when it is released', () => {
  const first = lockHome(home);
  expect(() => lockHome(home)).toThrow(taken);
  first.release();
  lockHome(home).release();
});

it('is free as soon as its holder was killed', async () => {
  const module = new URL('./home-lock.ts', import.meta.url).href;
  const script = `const { lockHome } = await import(${JSON.stringify(module)}); globalThis.lock = lockHome(${JSON.stringify(home)}); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  expect(() => lockHome(home)).toThrow(taken);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockHome(home).release();
});
