import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Match, SearchEvent, searchContract } from '#shared/contract/search.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName } from '#shared/paths.ts';
import { isEmptyQuery, parseQuery } from '#shared/search/query.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { Found, Search } from './index-protocol.ts';
import { createIndexes } from './indexes.ts';
import type { Taking, VfolderIndex } from './vfolder-index.ts';

export interface SearchFeature {
  readonly service: Service<typeof searchContract>;
  close(): Promise<void>;
}

/** An index that was begun longer ago is taken anew when it is searched; one that took long is good for longer. */
const freshMs = 10 * 60_000;
const freshFactor = 5;
const usualLimit = 1000;
const eventMatches = 1000;
/** Progress is told, and a growing index searched, so often at most. */
const stepMs = 300;

type FindInput = Parameters<Service<typeof searchContract>['find']>[0];

/** Searching vfolders by their indexes. */
export function createSearch(options: { home: string; lookup: VfolderLookup; changes: Changes }): SearchFeature {
  const { lookup } = options;
  const indexes = createIndexes({ ...options, directory: join(options.home, 'index') });
  const indexOf = (vfolder: string): VfolderIndex => indexes.of(lookup.resolve(vfolder, '').vfolder);
  return {
    service: {
      find: (input, { signal }) => {
        const place = lookup.resolve(input.vfolder, input.path);
        return find(indexes.of(place.vfolder), place, input, toSearch(place.inner, input), signal);
      },
      everywhere: async ({ query, limit }, { signal }) => {
        const search = { ...toSearch('', { query }), limit };
        if (isEmptyQuery(search.query)) return [];
        const found: (Match & { vfolder: string })[] = [];
        for (const vfolder of indexes.taken()) {
          const index = indexes.of(vfolder);
          if (!(await index.open())) continue;
          const { matches } = await index.search({ ...search, limit: limit - found.length });
          found.push(...matches.map((match) => ({ ...withName(match), vfolder: vfolder.name })));
          if (found.length >= limit || signal?.aborted) break;
        }
        return found;
      },
      status: async ({ vfolder }) => {
        const index = indexOf(vfolder);
        await index.open();
        return index.state();
      },
      index: ({ vfolder }, { signal }) => takeIndex(indexOf(vfolder), signal),
      stop: async ({ vfolder }) => {
        const index = indexOf(vfolder);
        const { taking } = index;
        taking?.cancel();
        await taking?.done.catch(() => undefined);
        return index.state();
      },
    },
    close: indexes.close,
  };
}

const toSearch = (path: string, { query, limit = usualLimit, sort }: Pick<FindInput, 'query' | 'limit' | 'sort'>): Search => ({
  ...{ path, limit, sort: sort ?? null, taking: null },
  query: parseQuery(query, Date.now()),
});

const withName = (match: Omit<Match, 'name'>): Match => ({ name: baseName(match.path), ...match });

function isStale(index: VfolderIndex): boolean {
  const { meta } = index;
  if (!meta || meta.cut || meta.wasteful || index.dirty.everything) return true;
  return Date.now() - meta.takenAt > Math.max(freshMs, freshFactor * meta.tookMs);
}

async function* find(
  index: VfolderIndex,
  place: ResolvedPlace,
  { refresh = false }: FindInput,
  search: Search,
  signal: AbortSignal | undefined,
): AsyncGenerator<SearchEvent, void> {
  let found: Found | null = null;
  const meta = await index.open();
  const anew = refresh || isStale(index) ? index.take() : null;
  if (meta) {
    found = await index.search(search);
    yield* answer(index, found);
  }
  if (anew) yield* whileTaken(index, anew, search, found?.total ?? 0, signal);
  if (signal?.aborted) return;
  if (anew && !index.meta) return;
  // A folder that is not known may be new.
  if (found?.unknown && !anew) index.dirty.add(search.path);
  const dirty = !index.dirty.none;
  if (dirty) await index.refresh().catch(() => undefined);
  const renewed = anew !== null && index.meta?.takenAt !== meta?.takenAt;
  if (renewed || dirty) {
    found = await index.search(search);
    yield* answer(index, found);
  }
  if (found?.unknown) await refuseMissing(place, signal);
}

/** An answer, a piece at a time. */
function* answer(index: VfolderIndex, { total, matches }: Found): Generator<SearchEvent, void> {
  yield { type: 'answer', index: index.state(), total, truncated: total > matches.length };
  yield* inPieces(matches);
}

function* inPieces(matches: Found['matches']): Generator<SearchEvent, void> {
  for (let from = 0; from < matches.length; from += eventMatches)
    yield { type: 'matches', matches: matches.slice(from, from + eventMatches).map(withName) };
}

/**
 * Tells of an index that is being taken until it is; without one before, what is found in it so far. Fails only when there
 * is no index before.
 */
async function* whileTaken(
  index: VfolderIndex,
  taking: Taking,
  search: Search,
  before: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<SearchEvent, void> {
  let total = before;
  let given = 0;
  let from = 0;
  if (!index.meta) yield { type: 'answer', index: index.state(), total: 0, truncated: false };
  for (let pause = stepMs; !(await endsWithin(taking, pause, signal)); ) {
    if (signal?.aborted) return;
    if (taking.held && taking === index.taking) {
      const begun = performance.now();
      const part = await index
        .search({ ...search, limit: Math.max(1, search.limit - given), taking: { from } })
        .catch(() => null);
      // It may have ended meanwhile.
      if (part) {
        total += part.total;
        from = part.to;
        const matches = part.matches.slice(0, search.limit - given);
        given += matches.length;
        yield* inPieces(matches);
      }
      pause = Math.max(stepMs, 10 * (performance.now() - begun));
    }
    yield { type: 'progress', index: index.state(), total };
  }
  if (index.meta) {
    await taking.done.catch(() => undefined);
    yield { type: 'progress', index: index.state(), total };
  } else await taking.done;
}

/** Whether it ends, well or not, before the time is over or the signal fires. */
async function endsWithin({ done }: Taking, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  const waiting = new AbortController();
  const over = signal ? AbortSignal.any([signal, waiting.signal]) : waiting.signal;
  const late = delay(ms, false, { signal: over }).catch(() => false);
  try {
    return await Promise.race([
      done.then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    waiting.abort();
  }
}

async function* takeIndex(index: VfolderIndex, signal: AbortSignal | undefined) {
  await index.open();
  const taking = index.take();
  let ended = false;
  try {
    while (!ended) {
      yield index.state();
      if (signal?.aborted) return;
      ended = await endsWithin(taking, stepMs, signal);
    }
    await taking.done;
    yield index.state();
  } finally {
    if (!ended) taking.cancel();
  }
}

/** @throws `not-found`, `not-a-directory` */
async function refuseMissing({ provider, path, inner }: ResolvedPlace, signal: AbortSignal | undefined): Promise<void> {
  const { kind } = await provider.stat(path, { signal });
  if (kind !== 'directory')
    throw new StowageError('not-a-directory', `“${inner}” is not a folder: nothing is below it.`, { subject: inner });
}
