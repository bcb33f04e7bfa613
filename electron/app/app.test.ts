import type { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { openCore } from '../core.ts';
import { createChanges } from '../events.ts';
import { createInProcessClient } from '../rpc/in-process.ts';
import { openDatabase } from '../store/database.ts';
import { examine } from './doctor.ts';
import { findHome } from './home.ts';
import { createAppLog } from './log.ts';
import { createSettings } from './settings.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-app-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const open = () => openCore({ home, localRoot: join(home, 'vfolders'), shell: 'cli' });

it('starts over a damaged database, says so in doctor and in its log, and keeps the files (A23)', async () => {
  const first = await open();
  await createInProcessClient(first.router).vfolders.create({ name: 'data' });
  await first.close();
  writeFileSync(join(home, 'vfolders', 'data', 'kept.txt'), 'kept');
  truncateSync(join(home, 'stowage.db'), 20_000);

  const core = await open();
  await core.start();
  const checks = await createInProcessClient(core.router).app.doctor();
  await core.close();
  expect(checks.find((check) => check.name === 'Database')).toMatchObject({
    state: 'error',
    message: expect.stringContaining('damaged'),
    hint: expect.stringContaining('stowage.db.damaged-'),
  });
  expect(readFileSync(join(home, 'logs', 'stowage.log'), 'utf8')).toContain('the database was damaged and put aside');
  expect(readFileSync(join(home, 'vfolders', 'data', 'kept.txt'), 'utf8')).toBe('kept');

  const again = await open();
  const later = await createInProcessClient(again.router).app.doctor();
  await again.close();
  expect(later.find((check) => check.name === 'Database')).toMatchObject({ state: 'ok' });
});

it('writes down what ends it by surprise, as long as it is open', async () => {
  const core = await open();
  const listeners = process.listenerCount('uncaughtExceptionMonitor');
  (process as EventEmitter).emit('uncaughtExceptionMonitor', new Error('a stream without a listener'), 'uncaughtException');
  await core.close();
  expect(readFileSync(join(home, 'logs', 'stowage.log'), 'utf8')).toMatch(
    /ended by a fault of its own.*a stream without a listener/,
  );
  expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(listeners - 1);
});

it('warns of a disk that is nearly full and of a data directory that is gone', async () => {
  const nothing = {
    quarantined: null,
    engines: async () => [],
    hosts: async () => [],
    secrets: { message: 'Nowhere.', warning: null },
  };
  const low = await examine({ ...nothing, home, freeBytes: async () => 1.5 * 1024 ** 3 });
  expect(low.find((check) => check.name === 'Disk')).toMatchObject({
    state: 'warning',
    message: expect.stringContaining('1.6 GB'),
    hint: expect.stringContaining('free space'),
  });
  expect(low.find((check) => check.name === 'Secrets')).toMatchObject({ state: 'ok', message: 'Nowhere.' });
  const gone = await examine({ ...nothing, home: join(home, 'nowhere'), secrets: { message: 'Here.', warning: 'Weak.' } });
  expect(gone.find((check) => check.name === 'Secrets')).toMatchObject({ state: 'warning', message: 'Weak.', hint: 'Here.' });
  expect(gone.find((check) => check.name === 'Data directory')).toMatchObject({ state: 'error' });
});

it('keeps settings, tells of their change, and falls back to the defaults when they cannot be read', () => {
  const { database } = openDatabase(home);
  const changes = createChanges();
  const settings = createSettings(database, changes);
  expect(settings.update({ theme: 'dark' })).toMatchObject({ theme: 'dark', welcomed: false });
  expect(createSettings(database, changes).read()).toMatchObject({ theme: 'dark' });
  const once = settings.once('homeId', () => 'first');
  expect([once, settings.once('homeId', () => 'second')]).toEqual(['first', 'first']);
  for (const broken of ['{"theme":"pink"}', '{"theme":']) {
    database.run("UPDATE settings SET value = ? WHERE key = 'settings'", broken);
    expect(settings.read()).toMatchObject({ theme: 'system', welcomed: false });
  }
  expect(settings.update({ welcomed: true })).toMatchObject({ welcomed: true });
  database.close();
});

it('logs one line of JSON for each error, for its owner only, in at most two files', () => {
  const folder = join(home, 'logs');
  const log = createAppLog(folder);
  log.error('unexpected', new StowageError('io-error', 'The disk went away.', { subject: 'data' }));
  const file = join(folder, 'stowage.log');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ level: 'error', code: 'io-error', data: { subject: 'data' } });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (let time = 0; time < 3; time++) {
    writeFileSync(file, 'x'.repeat(5 * 1024 * 1024 + 1));
    log.info('more');
  }
  expect(readdirSync(folder).toSorted()).toEqual(['stowage.log', 'stowage.log.1']);
  expect(statSync(file).size).toBeLessThan(1000);
});

it('keeps everything below STOWAGE_HOME when it is set', () => {
  mkdirSync(join(home, 'x'));
  expect(findHome({ STOWAGE_HOME: join(home, 'x', '..', 'x') })).toEqual({
    data: join(home, 'x'),
    localRoot: join(home, 'x', 'vfolders'),
  });
});
