import type { EngineId, EngineStatus, enginesContract } from '#shared/contract/engines.ts';
import { StowageError } from '#shared/errors.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry } from '../services.ts';
import type { Engine } from './engine.ts';

/** Screens ask often; an engine is asked at most this often. */
const freshMilliseconds = 2_000;

interface Known {
  at: number;
  status: Promise<EngineStatus>;
}

/**
 * The engines of this machine, with their part of the contract. Emits `engines` when the state of one changes. `chosen` is
 * the user's default engine, if there is one.
 */
export function createEngineRegistry(
  engines: readonly Engine[],
  changes: Changes,
  chosen: () => EngineId | null = () => null,
): EngineRegistry & { service: Service<typeof enginesContract>; close(): Promise<void> } {
  const known = new Map<EngineId, Known>();
  const states = new Map<EngineId, EngineStatus['state']>();

  const get = (id: EngineId): Engine => {
    const engine = engines.find((candidate) => candidate.id === id);
    if (!engine) throw new StowageError('not-found', `There is no engine “${id}” here.`, { subject: id });
    return engine;
  };
  const status = (engine: Engine): Promise<EngineStatus> => {
    const now = performance.now();
    const last = known.get(engine.id);
    if (last && now - last.at < freshMilliseconds) return last.status;
    const asked = engine.status().then((answer) => {
      const before = states.get(engine.id);
      states.set(engine.id, answer.state);
      if (before !== undefined && before !== answer.state) changes.emit({ type: 'engines' });
      return answer;
    });
    known.set(engine.id, { at: now, status: asked });
    return asked;
  };

  return {
    get,
    all: () => engines,
    preferred: async () => {
      // A choice holds even when that engine is away: a job must not lose its isolation without being told.
      const choice = chosen();
      if (choice) return choice;
      const docker = engines.find(({ id }) => id === 'docker');
      return docker && (await status(docker)).state === 'ready' ? 'docker' : 'process';
    },
    service: {
      list: () => Promise.all(engines.map(status)),
      images: ({ engine }) => get(engine).images(),
      pull: async function* ({ engine, image }, { signal }) {
        yield* get(engine).pull(image, { signal: signal ?? new AbortController().signal });
      },
    },
    close: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}
