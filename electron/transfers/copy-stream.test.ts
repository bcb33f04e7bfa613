import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '#shared/contract/transfers.ts';
import { type InnerPath, parseInnerPath } from '#shared/paths.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Bench, openBench } from './fixture.ts';

/** Transfers between this machine and a provider without paths on it. */
let bench: Bench;
let memory: StorageProvider;
let source: string;

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside: Endpoint = { kind: 'vfolder', vfolder: 'v', path: '' };

function openWith(provider: StorageProvider): void {
  memory = provider;
  bench = openBench(undefined, provider, { patience: { giveUpMs: 2000, firstPauseMs: 5 } });
  bench.vfolder('v');
  source = join(bench.directory, 'source');
  mkdirSync(source);
}
beforeEach(() => openWith(createMemoryProvider()));
afterEach(() => bench.remove());

async function content(path: string): Promise<string> {
  const { body } = await memory.read(parseInnerPath(path));
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function send(from: Endpoint, to: Endpoint, conflict: 'ask' | 'overwrite' | 'keep-both' = 'ask') {
  const { id } = await bench.transfers.service.start({ sources: [from], destination: to, conflict }, {});
  return bench.until(id, 'done', 'failed', 'waiting');
}

describe('a copy by streaming', () => {
  it('goes up and down again with equal content', async () => {
    mkdirSync(join(source, 'a/empty'), { recursive: true });
    writeFileSync(join(source, 'a/x'), 'x'.repeat(3_000_000));
    writeFileSync(join(source, 'none'), '');
    expect(await send(local(source), inside)).toMatchObject({ state: 'done', files: { done: 2 } });
    expect(await content('v/source/a/x')).toBe('x'.repeat(3_000_000));
    const out = join(bench.directory, 'out');
    expect(await send({ kind: 'vfolder', vfolder: 'v', path: 'source' }, local(out))).toMatchObject({ state: 'done' });
    expect(readFileSync(join(out, 'source/a/x'), 'utf8')).toBe('x'.repeat(3_000_000));
    expect(readdirSync(join(out, 'source/a')).sort()).toEqual(['empty', 'x']);
  });

  it('asks, overwrites and keeps both', async () => {
    writeFileSync(join(source, 'x'), 'new');
    await memory.write(
      parseInnerPath('v/source/x'),
      (async function* () {
        yield Buffer.from('old');
      })(),
    );
    const asked = await send(local(source), inside);
    expect(asked).toMatchObject({ state: 'waiting', conflicts: 1 });
    await bench.transfers.service.answer({ id: asked.id, policy: 'keep-both' }, {});
    await bench.until(asked.id, 'done');
    expect(await content('v/source/x')).toBe('old');
    expect(await content('v/source/x (2)')).toBe('new');
    await send(local(source), inside, 'overwrite');
    expect(await content('v/source/x')).toBe('new');
  });
});

describe('a destination that cannot tell A from a', () => {
  it('takes one of the names and lists the other, overwriting nothing', async () => {
    await bench.remove();
    openWith({ ...createMemoryProvider(), caseSensitive: false });
    for (const name of ['Readme', 'README', 'caf\u00e9', 'cafe\u0301', 'other']) writeFileSync(join(source, name), name);
    const end = await send(local(source), inside, 'overwrite');
    expect(end).toMatchObject({ state: 'failed', files: { total: 5, done: 3, failed: 2 } });
    const files = await bench.transfers.service.files({ id: end.id, state: 'failed' }, {});
    expect(files.map(({ problem }) => problem?.code)).toEqual(['name-taken', 'name-taken']);
  });
});

describe('a host that fails', () => {
  /** The memory provider, with reads that go wrong as `damage` says. */
  function damaging(damage: (attempt: number, chunk: Uint8Array) => Uint8Array): StorageProvider {
    const base = createMemoryProvider();
    let attempt = 0;
    return {
      ...base,
      read: async (path: InnerPath, options) => {
        const { entry, body } = await base.read(path, options);
        const current = ++attempt;
        return {
          entry,
          body: (async function* () {
            for await (const chunk of body) yield damage(current, chunk);
          })(),
        };
      },
    };
  }

  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('whole');
  };

  it('is tried again after a broken read and one that was cut short', async () => {
    await bench.remove();
    openWith(
      damaging((attempt, chunk) => {
        if (attempt === 1) throw Object.assign(new Error('reset'), { code: 'EIO' });
        return attempt === 2 ? chunk.subarray(1) : chunk;
      }),
    );
    await memory.write(parseInnerPath('v/x'), whole());
    const out = join(bench.directory, 'out');
    expect(await send({ kind: 'vfolder', vfolder: 'v', path: 'x' }, local(out))).toMatchObject({ state: 'done' });
    expect(readFileSync(join(out, 'x'), 'utf8')).toBe('whole');
  });

  it('is never believed when every body is cut short (A7)', async () => {
    await bench.remove();
    openWith(damaging((_, chunk) => chunk.subarray(1)));
    await memory.write(parseInnerPath('v/x'), whole());
    const out = join(bench.directory, 'out');
    const end = await send({ kind: 'vfolder', vfolder: 'v', path: 'x' }, local(out));
    expect(end).toMatchObject({ state: 'failed', problem: { code: 'io-error', message: expect.stringContaining('cut short') } });
    expect(readdirSync(out)).toEqual([]);
  });
});
