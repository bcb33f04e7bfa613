import { isStowageError } from '#shared/errors.ts';
import { joinPath } from '#shared/paths.ts';
import type { HostLink, InsideKind, SourceFacts } from '#shared/plan/types.ts';
import type { ResolvedPlace } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { waitAtMost } from '../waiting.ts';
import { problemOf } from './source-facts.ts';

/** So long an answer of a host counts, and a failure. */
const keptMs = 30_000;
const failureMs = 5000;
const mostKept = 2000;

type Answer = Pick<SourceFacts, 'stat'> & { readonly problem: SourceFacts['problem'] };

export interface RemoteLooker {
  /** The facts of a remote source as far as its host told them within `waitMs`; until then it is taken for a folder. */
  look(facts: SourceFacts, place: ResolvedPlace, waitMs: number): Promise<SourceFacts>;
  /** What lies at paths below it; what its host did not tell in time is left out. */
  inside(place: ResolvedPlace, paths: readonly string[], waitMs: number): Promise<Record<string, InsideKind>>;
}

/** Asks hosts about places on them, and learns how fast they answer. Answers that come late are there for the next question. */
export function createRemoteLooker(measured: (hostId: string) => HostLink | null): RemoteLooker {
  const answers = new Map<string, { done: Promise<void>; answer: Answer | null; until: number }>();
  const latencies = new Map<string, number>();

  const ask = async (place: ResolvedPlace, path: ResolvedPlace['path'], waitMs: number): Promise<Answer | null> => {
    const host = place.vfolder.host.id;
    const key = JSON.stringify([host, place.vfolder.id, path]);
    let known = answers.get(key);
    if (!known || known.until < Date.now()) {
      const fresh = { done: Promise.resolve(), answer: null as Answer | null, until: Number.POSITIVE_INFINITY };
      const begun = performance.now();
      const note = (answer: Answer, ms: number): void => {
        fresh.answer = answer;
        fresh.until = Date.now() + ms;
      };
      fresh.done = place.provider.stat(path).then(
        (entry) => {
          const latency = performance.now() - begun;
          // The first answer may have opened a connection: the shortest is that of the host.
          latencies.set(host, Math.min(latency, latencies.get(host) ?? Number.POSITIVE_INFINITY));
          note({ stat: kindOf(entry), problem: null }, keptMs);
        },
        (error: unknown) => {
          const missing = isStowageError(error, 'not-found', 'not-a-directory');
          note(missing ? { stat: 'missing', problem: null } : { stat: 'missing', problem: problemOf(error) }, failureMs);
        },
      );
      answers.delete(key);
      answers.set(key, fresh);
      const [oldest] = answers.keys();
      if (answers.size > mostKept && oldest !== undefined) answers.delete(oldest);
      known = fresh;
    }
    if (known.answer === null) await waitAtMost(known.done, waitMs);
    return known.answer;
  };

  return {
    look: async (facts, place, waitMs) => {
      const answer = await ask(place, place.path, waitMs);
      const link = measured(place.vfolder.host.id) ?? assumedLink(latencies.get(place.vfolder.host.id));
      return answer === null ? { ...facts, link } : { ...facts, ...answer, link };
    },
    inside: async (place, paths, waitMs) => {
      const until = performance.now() + waitMs;
      const found = await Promise.all(
        paths.map(async (rel): Promise<[string, InsideKind][]> => {
          const path = pathBelow(place, rel);
          if (path === null) return [[rel, 'missing']];
          const answer = await ask(place, path, Math.max(0, until - performance.now()));
          return answer === null || answer.problem ? [] : [[rel, answer.stat]];
        }),
      );
      return Object.fromEntries(found.flat());
    },
  };
}

/** null: no file of a host can have that path. */
function pathBelow({ path }: ResolvedPlace, rel: string): ResolvedPlace['path'] | null {
  try {
    return joinPath(path, rel);
  } catch {
    return null;
  }
}

const kindOf = ({ kind }: StorageEntry): SourceFacts['stat'] => (kind === 'symlink' ? 'special' : kind);

/** Hosts that answer at once are near, and send fast; nothing is known of one that has not answered. */
function assumedLink(latencyMs: number | undefined): HostLink | null {
  if (latencyMs === undefined) return null;
  return { latencyMs, bytesPerSecond: latencyMs < 5 ? 250e6 : latencyMs < 30 ? 80e6 : 30e6 };
}
