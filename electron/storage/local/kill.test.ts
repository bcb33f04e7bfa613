import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { at, bytes, collect, put, textOf } from '../contract/world.ts';
import { createLocalProvider } from './provider.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stowage-kill-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a module with `provider` of the root in another process, and kills it when it says so. */
async function killedWhile(work: string): Promise<void> {
  const source = `
    import { createLocalProvider } from ${JSON.stringify(new URL('./provider.ts', import.meta.url).href)};
    const provider = createLocalProvider(${JSON.stringify(root)});
    const hang = () => new Promise(() => setInterval(() => undefined, 1000));
    const ready = () => process.stdout.write('ready');
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
}

it('keeps what was appended to an unfinished write through kill -9 (A3)', async () => {
  const provider = createLocalProvider(root);
  await put(provider, 'file', 'old');
  await killedWhile(`
    const write = await provider.openWrite('file', 'key');
    async function* body() {
      yield Buffer.alloc(1_000_000, 'a');
      yield Buffer.alloc(1_000_000, 'b');
      ready();
      await hang();
    }
    await write.append(body());`);
  expect(await textOf(provider, 'file')).toBe('old');
  const write = await provider.openWrite(at('file'), 'key');
  expect(write.committed).toBe(2_000_000);
  await write.append(bytes('end'));
  const kept = await collect(write.readBack?.() ?? bytes());
  expect(kept.equals(Buffer.concat([Buffer.alloc(1_000_000, 'a'), Buffer.alloc(1_000_000, 'b'), Buffer.from('end')]))).toBe(true);
  await write.finish({ size: 2_000_003 });
  expect((await provider.stat(at('file'))).size).toBe(2_000_003);
  expect(readdirSync(root)).toEqual(['file']);
});

it('keeps the old file whole when a plain write is killed in the middle (A3)', async () => {
  const provider = createLocalProvider(root);
  await put(provider, 'file', 'old');
  await killedWhile(`
    async function* body() {
      yield Buffer.alloc(1_000_000, 'a');
      ready();
      await hang();
    }
    await provider.write('file', body());`);
  expect(await textOf(provider, 'file')).toBe('old');
});
