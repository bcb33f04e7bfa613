import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Core, openCore } from '../core.ts';
import { createInProcessClient } from '../rpc/in-process.ts';
import { readTarget } from './link-commands.ts';

let directory: string;
let core: Core;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-targets-'));
  core = await openCore({ home: join(directory, 'home'), localRoot: join(directory, 'Stowage'), shell: 'cli' });
  for (const name of ['disk', 'disk:b']) {
    await core.services.hosts.add({ name, attach: { form: 'local', root: directory } }, {});
  }
});
afterEach(async () => {
  await core.close();
  rmSync(directory, { recursive: true, force: true });
});

const read = (text: string) => readTarget(createInProcessClient(core.router), text);

it('reads paths of this machine, and folders of hosts by the longest name that fits', async () => {
  for (const path of ['/data/set', '/data:set', './set', '..', 'set'])
    expect(await read(path)).toEqual({ kind: 'local', path: resolve(path) });
  const hosts = await core.services.hosts.list(undefined, {});
  const id = (name: string) => hosts.find((host) => host.name === name)?.id;
  expect(await read('disk:raw/set/')).toEqual({ kind: 'host', host: id('disk'), path: 'raw/set' });
  expect(await read('disk:b:/raw')).toEqual({ kind: 'host', host: id('disk:b'), path: 'raw' });
  expect(await read('disk:')).toEqual({ kind: 'host', host: id('disk'), path: '' });
});

it('refuses a host that is not there, and nothing', async () => {
  await expect(read('disc:raw')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('“disc”') });
  await expect(read('')).rejects.toMatchObject({ code: 'bad-request' });
});
