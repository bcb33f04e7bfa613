import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edit, Handover } from '#shared/contract/edits.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { joinPath, parseInnerPath } from '#shared/paths.ts';
import { createChanges } from '../events.ts';
import { createDragOut } from '../handover/drag-out.ts';
import { createHandovers } from '../handover/tickets.ts';
import type { VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { openDatabase } from '../store/database.ts';
import { createEdits, type Edits } from './edits.ts';
import { besideName } from './sending.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function textOf(provider: StorageProvider, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await provider.read(parseInnerPath(path))).body) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString();
}

describe('files open in other programs', () => {
  let home: string;
  let far: StorageProvider;
  let edits: Edits;
  let permission: 'ro' | 'rw';
  let close: () => Promise<void>;
  const changes = createChanges();
  const handovers = createHandovers();

  const open = (): void => {
    const { database } = openDatabase(join(home, 'home'));
    database.run(
      `INSERT INTO hosts (id, name, kind, config, created_at) VALUES ('h', 'h', 'local', '{}', 0) ON CONFLICT DO NOTHING`,
    );
    database.run(
      `INSERT INTO vfolders (id, name, host_id, kind, root, usage, permission, created_at)
       VALUES ('id-far', 'far', 'h', 'managed', '', 'general', 'rw', 0) ON CONFLICT DO NOTHING`,
    );
    const near = createLocalProvider(join(home, 'near'));
    const lookup = {
      resolve: (name: string, path: string) => {
        const inner = parseInnerPath(path);
        const vfolder = { id: `id-${name}`, name, permission } as Vfolder;
        return {
          vfolder,
          provider: name === 'far' ? far : near,
          root: parseInnerPath(''),
          inner,
          path: joinPath(parseInnerPath(''), inner),
        };
      },
    } as VfolderLookup;
    const dragOut = createDragOut({ lookup, handovers, directory: join(home, 'home', 'drag-out'), mostBytes: 1000 });
    edits = createEdits({
      database,
      changes,
      lookup,
      handovers,
      dragOut,
      directory: join(home, 'home', 'edits'),
      desktop: true,
      mostBytes: 1000,
    });
    close = async () => {
      await edits.close();
      dragOut.close();
      database.close();
    };
  };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'stowage-edits-'));
    mkdirSync(join(home, 'near'));
    far = createMemoryProvider();
    permission = 'rw';
    open();
  });
  afterEach(async () => {
    await close();
    rmSync(home, { recursive: true, force: true });
  });

  const put = (path: string, text: string) => far.write(parseInnerPath(path), bytes(text));
  async function ready(stream: AsyncIterable<Handover>) {
    for await (const event of stream)
      if (event.type === 'ready') return { ...event, ...handovers.take(event.ticket, event.what) };
    throw new Error('never ready');
  }
  const openFar = async (path: string) =>
    ready((await edits.service.open({ vfolder: 'far', path }, {})) as AsyncIterable<Handover>);
  const openNear = async (path: string) =>
    ready((await edits.service.open({ vfolder: 'near', path }, {})) as AsyncIterable<Handover>);
  const drag = async (vfolder: string, paths: string[]) =>
    ready((await edits.service.drag({ vfolder, paths }, {})) as AsyncIterable<Handover>);
  /** Resolves with the edit once it is in this state after now. */
  const until = (state: Edit['state']): Promise<Edit> =>
    new Promise((resolve) => {
      const off = changes.on((change) => {
        if (change.type !== 'edit' || change.edit.state !== state) return;
        off();
        resolve(change.edit);
      });
    });
  const only = async (): Promise<Edit> => {
    const [edit] = await edits.service.list(undefined, {});
    if (!edit) throw new Error('nothing is edited');
    return edit;
  };

  it('opens a working copy for its owner only, and sends what is saved, also by a rename', async () => {
    await put('a/notes.txt', 'one');
    const { paths, what } = await openFar('a/notes.txt');
    const copy = paths[0] ?? '';
    expect([what, readFileSync(copy, 'utf8')]).toEqual(['open', 'one']);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(statSync(join(copy, '..')).mode & 0o777).toBe(0o700);
    const saved = until('clean');
    writeFileSync(copy, 'two');
    expect(await saved).toMatchObject({ path: 'a/notes.txt', vfolder: 'far', savedAt: expect.any(Number) });
    expect(await textOf(far, 'a/notes.txt')).toBe('two');
    const again = until('clean');
    writeFileSync(`${copy}.new`, 'three');
    renameSync(`${copy}.new`, copy);
    await again;
    expect(await textOf(far, 'a/notes.txt')).toBe('three');
    // The same file is the same edit.
    expect((await openFar('a/notes.txt')).paths[0]).toBe(copy);
  });

  it('asks before it overwrites the change of somebody else; each answer loses nothing', async () => {
    const conflict = async (name: string): Promise<{ copy: string; id: string }> => {
      await put(name, 'base');
      const copy = (await openFar(name)).paths[0] ?? '';
      await put(name, 'theirs');
      const asked = until('conflict');
      writeFileSync(copy, 'mine!');
      const { id } = await asked;
      expect(await textOf(far, name)).toBe('theirs');
      await expect(async () => edits.service.close({ id }, {})).rejects.toMatchObject({ code: 'wrong-state' });
      return { copy, id };
    };
    const both = await conflict('both.txt');
    expect(await edits.service.resolve({ id: both.id, how: 'keep-both' }, {})).toMatchObject({
      path: 'both (my changes).txt',
      state: 'clean',
    });
    expect([await textOf(far, 'both.txt'), await textOf(far, 'both (my changes).txt')]).toEqual(['theirs', 'mine!']);
    const over = await conflict('over.txt');
    await edits.service.resolve({ id: over.id, how: 'overwrite' }, {});
    expect(await textOf(far, 'over.txt')).toBe('mine!');
    const give = await conflict('give.txt');
    expect(await edits.service.resolve({ id: give.id, how: 'theirs' }, {})).toMatchObject({ state: 'clean' });
    expect([await textOf(far, 'give.txt'), readFileSync(give.copy, 'utf8')]).toEqual(['theirs', 'theirs']);
    expect(besideName('.bashrc', 2)).toBe('.bashrc (my changes 2)');
  });

  it('keeps unsent changes over a restart, removes what was sent, and sends when asked to', async () => {
    await put('kept.txt', 'base');
    await put('clean.txt', 'clean');
    const kept = (await openFar('kept.txt')).paths[0] ?? '';
    const clean = (await openFar('clean.txt')).paths[0] ?? '';
    // Within the pause after which it would be looked at.
    writeFileSync(kept, 'not sent');
    await close();
    expect([existsSync(kept), existsSync(clean)]).toEqual([true, false]);
    open();
    await edits.start();
    const edit = await only();
    expect(edit).toMatchObject({ path: 'kept.txt', state: 'unsent', problem: null });
    expect(await textOf(far, 'kept.txt')).toBe('base');
    expect(await edits.service.send({ id: edit.id }, {})).toMatchObject({ state: 'clean' });
    expect(await textOf(far, 'kept.txt')).toBe('not sent');
    await edits.service.close({ id: edit.id }, {});
    expect(readdirSync(join(home, 'home', 'edits'))).toEqual([]);
  });

  it('opens no programs, nothing too large, and sends nothing to what can only be read', async () => {
    for (const name of ['run.sh', 'setup.EXE']) {
      await put(name, 'text');
      await expect(openFar(name)).rejects.toMatchObject({ code: 'unsupported' });
    }
    await put('hidden.txt', '\x7fELF');
    await expect(openFar('hidden.txt')).rejects.toMatchObject({ code: 'unsupported' });
    await put('big.txt', 'x'.repeat(1001));
    await expect(openFar('big.txt')).rejects.toMatchObject({ code: 'bad-request' });
    writeFileSync(join(home, 'near', 'run.sh'), '#!/bin/sh');
    symlinkSync('run.sh', join(home, 'near', 'notes.txt'));
    symlinkSync('/etc/hostname', join(home, 'near', 'out.txt'));
    writeFileSync(join(home, 'near', 'fine.md'), '# fine');
    expect((await openNear('run.sh')).what).toBe('show');
    expect((await openNear('notes.txt')).what).toBe('show');
    await expect(openNear('out.txt')).rejects.toMatchObject({ code: 'path-refused' });
    expect(await openNear('fine.md')).toMatchObject({ what: 'open', paths: [join(home, 'near', 'fine.md')] });
    permission = 'ro';
    await put('read.txt', 'read');
    expect(await openFar('read.txt')).toMatchObject({ what: 'open', readOnly: true });
    expect(readdirSync(join(home, 'home', 'edits'))).toHaveLength(1);
  });

  it('drags what lies here by its own path and the rest as copies, within bounds, which are removed', async () => {
    mkdirSync(join(home, 'near', 'folder'));
    writeFileSync(join(home, 'near', 'a.txt'), 'a');
    expect((await drag('near', ['a.txt', 'folder'])).paths).toEqual([join(home, 'near', 'a.txt'), join(home, 'near', 'folder')]);
    await put('set/one.txt', 'one');
    await put('set/deep/two.txt', 'two');
    const [copy = ''] = (await drag('far', ['set'])).paths;
    expect([readFileSync(join(copy, 'one.txt'), 'utf8'), readFileSync(join(copy, 'deep', 'two.txt'), 'utf8')]).toEqual([
      'one',
      'two',
    ]);
    // Dragged again it is ready.
    expect((await drag('far', ['set'])).paths).toEqual([copy]);
    await put('big', 'x'.repeat(1001));
    await expect(drag('far', ['big'])).rejects.toMatchObject({ code: 'bad-request' });
    await expect(drag('far', ['missing'])).rejects.toMatchObject({ code: 'not-found' });
    expect(readdirSync(join(home, 'home', 'drag-out'))).toHaveLength(1);
  });

  it('gives a ticket once, for a minute, and for nothing else', () => {
    let now = 0;
    const clocked = createHandovers(() => now);
    const give = () => clocked.give({ what: 'open', paths: ['/x'] });
    const [first, second, third] = [give(), give(), give()] as const;
    expect(clocked.take(first, 'open').paths).toEqual(['/x']);
    for (const act of [() => clocked.take(first, 'open'), () => clocked.take(second, 'drag'), () => clocked.take('x', 'open')])
      expect(act).toThrow(/used or has expired/);
    now = 60_001;
    expect(() => clocked.take(third, 'open')).toThrow(/expired/);
  });
});
