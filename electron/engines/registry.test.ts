import { expect, it, vi } from 'vitest';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import { sampleDocker, sampleProcess } from '#shared/plan/sample-request.ts';
import { createChanges } from '../events.ts';
import type { Engine } from './engine.ts';
import type { EngineFinder } from './find-engines.ts';
import { createEngineRegistry } from './registry.ts';

/** Only what the registry asks of an engine. */
const engine = (id: EngineId, status: () => Promise<EngineStatus>): Engine =>
  ({ id, status, close: async () => {} }) as unknown as Engine;

const docker = engine('docker', async () => sampleDocker);
const here = engine('process', async () => sampleProcess);

const preferred = (state: EngineStatus['state'], chosen: EngineId | null): Promise<EngineId> =>
  createEngineRegistry(
    [engine('docker', async () => ({ ...sampleDocker, state })), here],
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

/** An engine that answers when it is told to, and a registry that finds it. */
function withSlow() {
  const answers: ((state: EngineStatus['state']) => void)[] = [];
  const far = engine('docker:far', () => {
    const { promise, resolve } = Promise.withResolvers<EngineStatus>();
    answers.push((state) => resolve({ ...sampleDocker, id: 'docker:far', name: 'Docker (far)', local: false, state }));
    return promise;
  });
  const changes = createChanges();
  const told = vi.spyOn(changes, 'emit');
  const finder: EngineFinder = { ids: () => ['docker:far'], make: (id) => (id === 'docker:far' ? far : null) };
  return { registry: createEngineRegistry([docker, here], changes, () => null, finder), answers, told };
}

const states = (statuses: readonly EngineStatus[]) => statuses.map(({ id, state }) => `${id} ${state}`);

it('lists the others while one says nothing, and tells when it has answered', async () => {
  const { registry, answers, told } = withSlow();
  expect(states(await registry.service.list(undefined, {}))).toEqual(['docker ready', 'docker:far checking', 'process ready']);
  expect(await registry.ready()).toEqual(['docker', 'process']);
  expect(answers).toHaveLength(1);
  expect(told).not.toHaveBeenCalled();
  answers[0]?.('ready');
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith({ type: 'engines' }));
  expect(states(await registry.service.list(undefined, {}))).toEqual(['docker ready', 'docker:far ready', 'process ready']);
  expect(await registry.ready()).toEqual(['docker', 'docker:far', 'process']);
});

it('waits for all of them when it is asked to', async () => {
  const { registry, answers } = withSlow();
  const list = registry.service.list({ wait: true }, {});
  answers[0]?.('absent');
  expect(states(await list)).toEqual(['docker ready', 'docker:far absent', 'process ready']);
});

it('leaves an engine alone that is only found, and knows one that is asked for', () => {
  const { registry } = withSlow();
  const ids = () => registry.used().map(({ id }) => id);
  expect(ids()).toEqual(['docker', 'process']);
  expect(registry.get('docker:far').id).toBe('docker:far');
  expect(ids()).toEqual(['docker', 'process', 'docker:far']);
  expect(() => registry.get('podman')).toThrow(expect.objectContaining({ code: 'not-found' }));
});
