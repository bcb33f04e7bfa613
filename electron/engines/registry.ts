import type { EngineId, EngineStatus, enginesContract } from '#shared/contract/engines.ts';
import { engineKind, engineName } from '#shared/engines.ts';
import { StowageError } from '#shared/errors.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry } from '../services.ts';
import { waitAtMost } from '../waiting.ts';
import type { Engine } from './engine.ts';
import type { EngineFinder } from './find-engines.ts';

/** Screens ask often; an engine is asked at most this often. */
const freshMs = 2_000;
/** One on another machine: an answer of ssh is a login there. */
const remoteFreshMs = 30_000;
/** A list of engines waits so long for each; an engine that answers takes a few milliseconds. */
const briefMs = 400;
/** Who needs to know about one engine waits so long for it. */
const patientMs = 3_000;

/** What was last heard of an engine. */
interface Heard {
  /** null: it has not answered yet. */
  status: EngineStatus | null;
  at: number;
  asking: Promise<EngineStatus> | null;
  /** It took longer than briefly to answer: from then on nobody waits for it. */
  slow: boolean;
  /** What was last told of it. */
  told: EngineStatus['state'] | null;
}

/**
 * The engines that can be reached, with their part of the contract. Emits `engines` when one is not as it was last told.
 * `chosen` is the user's default engine, if there is one. `finder` finds more than `engines`, which are always listed.
 */
export function createEngineRegistry(
  engines: readonly Engine[],
  changes: Changes,
  chosen: () => EngineId | null = () => null,
  finder?: EngineFinder,
): EngineRegistry & {
  /** Of those that are found now; each is waited for, some seconds. */
  statuses(): Promise<EngineStatus[]>;
  service: Service<typeof enginesContract>;
  close(): Promise<void>;
} {
  const found = new Map<EngineId, Engine>();
  const used = new Set<EngineId>(engines.map(({ id }) => id));
  const heard = new Map<EngineId, Heard>();

  const engineOf = (id: EngineId): Engine => {
    const known = engines.find((candidate) => candidate.id === id) ?? found.get(id);
    if (known) return known;
    const made = finder?.make(id);
    if (!made) throw new StowageError('not-found', `There is no engine “${id}” here.`, { subject: id });
    found.set(id, made);
    return made;
  };
  const all = (): Engine[] => {
    const more = (finder?.ids() ?? []).map(engineOf);
    // What is not isolated comes last.
    return [...engines.filter(({ id }) => id !== 'process'), ...more, ...engines.filter(({ id }) => id === 'process')];
  };
  const of = (engine: Engine): Heard => {
    const known = heard.get(engine.id) ?? { status: null, at: Number.NEGATIVE_INFINITY, asking: null, slow: false, told: null };
    heard.set(engine.id, known);
    return known;
  };
  const ask = (engine: Engine): Promise<EngineStatus> => {
    const known = of(engine);
    const from = performance.now();
    known.asking ??= engine.status().then((status) => {
      const at = performance.now();
      Object.assign(known, { status, at, asking: null, slow: at - from > briefMs });
      if (known.told !== null && known.told !== status.state) {
        known.told = status.state;
        changes.emit({ type: 'engines' });
      }
      return status;
    });
    return known.asking;
  };
  const statusWithin = async (engine: Engine, milliseconds: number): Promise<EngineStatus> => {
    const known = of(engine);
    const fresh = known.status?.local === false ? remoteFreshMs : freshMs;
    const last = known.status;
    const status =
      last && performance.now() - known.at < fresh
        ? last
        : await waitAtMost(ask(engine), known.slow ? 0 : milliseconds, () => last ?? unanswered(engine.id));
    known.told = status.state;
    return status;
  };

  const get = (id: EngineId): Engine => {
    const engine = engineOf(id);
    used.add(id);
    return engine;
  };

  return {
    get,
    used: () => [...used].map(engineOf),
    status: (id) => statusWithin(engineOf(id), patientMs),
    ready: async () => {
      const statuses = await Promise.all(all().map((engine) => statusWithin(engine, briefMs)));
      return statuses.filter(({ state }) => state === 'ready').map(({ id }) => id);
    },
    preferred: async () => {
      // A choice holds even when that engine is away: a job must not lose its isolation without being told.
      const choice = chosen();
      if (choice) return choice;
      const docker = engines.find(({ id }) => id === 'docker');
      return docker && (await statusWithin(docker, patientMs)).state === 'ready' ? 'docker' : 'process';
    },
    statuses: () => Promise.all(all().map((engine) => statusWithin(engine, patientMs))),
    service: {
      list: (input) =>
        Promise.all(
          all().map(async (engine) => {
            if (!input?.wait) return statusWithin(engine, briefMs);
            const status = await ask(engine);
            of(engine).told = status.state;
            return status;
          }),
        ),
      images: ({ engine }) => get(engine).images(),
      pull: async function* ({ engine, image }, { signal }) {
        yield* get(engine).pull(image, { signal: signal ?? new AbortController().signal });
      },
    },
    close: async () => {
      await Promise.all([...engines, ...found.values()].map((engine) => engine.close()));
    },
  };
}

const unanswered = (id: EngineId): EngineStatus => ({
  id,
  kind: engineKind(id),
  name: engineName(id),
  state: 'checking',
  message: 'It has not answered yet.',
  version: null,
  isolated: engineKind(id) === 'docker',
  absoluteTargets: true,
  local: true,
  os: null,
  kernel: null,
  selinux: false,
  cpus: null,
  memoryBytes: null,
  limits: true,
  gpus: { state: 'unknown', count: null, message: 'The engine has not answered yet.' },
});
