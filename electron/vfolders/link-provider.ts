import { join } from 'node:path';
import type { InnerPath } from '#shared/paths.ts';
import { createLocalProvider, type LocalProvider } from '../storage/local/provider.ts';
import { waitForDisk } from './link-rules.ts';

export interface LinkProviderOptions {
  /** The target as the person gave it. */
  readonly target: string;
  /** The real path of the target when it was last known. */
  readonly real: string;
  readonly readOnly: boolean;
  /** Finds the target anew and holds it to the rules. @throws StowageError why it cannot be used */
  resolve(): Promise<string>;
}

/**
 * A linked folder of this machine as a storage of its own. Before every use its target is resolved and held to the rules
 * again, so that a link which was allowed once opens nothing that is not allowed now; inside it the local provider keeps
 * every access below the target.
 */
export function createLinkProvider({ target, real, readOnly, resolve }: LinkProviderOptions): LocalProvider {
  let place = real;
  let current = createLocalProvider(place, { readOnly });
  let resolving: Promise<string> | null = null;
  /** Calls at the same time share one look, and none is begun beside it: a disk that hangs costs one waiting thread. */
  const open = async (): Promise<LocalProvider> => {
    resolving ??= resolve().finally(() => {
      resolving = null;
    });
    const found = await waitForDisk(resolving, target);
    if (found !== place) {
      place = found;
      current = createLocalProvider(place, { readOnly });
    }
    return current;
  };
  return {
    kind: 'local',
    nameRules: current.nameRules,
    features: current.features,
    get caseSensitive() {
      return current.caseSensitive;
    },
    list: async function* (folder, options) {
      yield* (await open()).list(folder, options);
    },
    stat: async (path, options) => (await open()).stat(path, options),
    properties: async (path, options) => (await open()).properties(path, options),
    read: async (path, options) => (await open()).read(path, options),
    write: async (path, body, options) => (await open()).write(path, body, options),
    makeDirectory: async (path, options) => (await open()).makeDirectory(path, options),
    remove: async (path, options) => (await open()).remove(path, options),
    rename: async (from, to, options) => (await open()).rename(from, to, options),
    openWrite: async (path, key, options) => (await open()).openWrite(path, key, options),
    space: async () => (await open()).space(),
    localPath: (path: InnerPath) => join(place, path),
    close: async () => undefined,
  };
}
