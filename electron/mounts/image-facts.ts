import { isStowageError } from '#shared/errors.ts';
import { ancestorsOf } from '#shared/plan/target.ts';
import type { ImagePathKind, PlanRequest } from '#shared/plan/types.ts';
import type { Engine, ImageFacts } from '../engines/engine.ts';
import { createBriefCache } from './brief-cache.ts';

const imageSeconds = 5;
/** More are not asked: a plan with so many targets is judged without its image. */
const maxPaths = 4000;
const maxImages = 20;

export interface ImageReader {
  /** What the plan needs to know of an image. Never throws: `unknown` when the engine cannot tell. */
  read(engine: Engine, reference: string, paths: readonly string[]): Promise<PlanRequest['image']>;
}

/** Remembers what images hold (an image never changes under its id), and for some seconds which image a name means. */
export function createImageReader(): ImageReader {
  // An image that is missing may be pulled at any moment: failures are not kept.
  const inspected = createBriefCache<ImageFacts>(imageSeconds * 1000);
  const held = new Map<string, Map<string, ImagePathKind>>();
  const pathsOf = (id: string): Map<string, ImagePathKind> => {
    const known = held.get(id) ?? new Map<string, ImagePathKind>();
    held.delete(id);
    held.set(id, known);
    const [oldest] = held.keys();
    if (held.size > maxImages && oldest !== undefined) held.delete(oldest);
    return known;
  };
  return {
    read: async (engine, reference, paths) => {
      try {
        const image = await inspected.get(`${engine.id} ${reference}`, () => engine.inspectImage(reference));
        const known = pathsOf(image.id);
        const unknown = paths.filter((path) => kindOf(path, known) === undefined);
        if (unknown.length > 0 && unknown.length <= maxPaths) {
          if (known.size > 10_000) known.clear();
          const found = await engine.probeImage(reference, unknown);
          for (const [path, kind] of Object.entries(found)) known.set(path, kind);
        }
        const wanted = paths.flatMap((path): [string, ImagePathKind][] => {
          const kind = kindOf(path, known);
          return kind === undefined ? [] : [[path, kind]];
        });
        return { workdir: image.workdir, user: image.user, command: image.command, paths: Object.fromEntries(wanted) };
      } catch (error) {
        return isStowageError(error, 'image-missing') ? 'missing' : 'unknown';
      }
    },
  };
}

/** What is known to lie at a path: asked before, or missing because nothing lies in what is above it. */
function kindOf(path: string, known: ReadonlyMap<string, ImagePathKind>): ImagePathKind | undefined {
  const kind = known.get(path);
  if (kind !== undefined) return kind;
  const barren = ancestorsOf(path).some((above) => {
    const there = known.get(above);
    return there !== undefined && there !== 'directory';
  });
  return barren ? 'missing' : undefined;
}
