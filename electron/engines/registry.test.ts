import { expect, it } from 'vitest';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import { sampleDocker, sampleProcess } from '#shared/plan/sample-request.ts';
import { createChanges } from '../events.ts';
import type { Engine } from './engine.ts';
import { createEngineRegistry } from './registry.ts';

/** Only what the registry asks of an engine. */
const engine = (status: EngineStatus): Engine =>
  ({ id: status.id, status: async () => status, close: async () => {} }) as unknown as Engine;

const preferred = (docker: EngineStatus['state'], chosen: EngineId | null): Promise<EngineId> =>
  createEngineRegistry(
    [engine({ ...sampleDocker, state: docker }), engine(sampleProcess)],
    createChanges(),
    () => chosen,
  ).preferred();

it('prefers Docker when it answers, and this machine when it does not', async () => {
  expect(await preferred('ready', null)).toBe('docker');
  expect(await preferred('absent', null)).toBe('process');
  expect(await preferred('permission', null)).toBe('process');
});

it('keeps to the engine that the user chose, so that no job loses its isolation silently', async () => {
  expect(await preferred('absent', 'docker')).toBe('docker');
  expect(await preferred('ready', 'process')).toBe('process');
});
