import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, isWithin, joinPath, parentPath, visible } from '#shared/paths.ts';
import { type CallOptions, type CopyCapable, canCopy, canRename, type StorageEntry, type StorageProvider } from './provider.ts';
import { statOrNull } from './stat-or-null.ts';
import { runPool } from './task-pool.ts';
import { walk } from './walk.ts';

type CopyingProvider = StorageProvider & CopyCapable;

export interface MoveOptions extends CallOptions {
  /** Everything is at the new place too: from now on a failure leaves the whole of it there. */
  onCopied?: () => void;
  /** The folder that held it stays, also where folders are only implied. */
  keepParent?: boolean;
}

const parallelFiles = 16;
/** Files whose copies are remembered by their etags; of others both ends are compared before the old one goes. */
const rememberedFiles = 50_000;

/**
 * Moves a file or folder within a host without ever overwriting. Where the host cannot rename it copies everything
 * inside the service first and removes the old files afterwards: a failure before the end of the copying takes the
 * copies back, one after it leaves everything at the new place and what could not be removed at the old. A file that
 * changed meanwhile stays at the old place.
 * @throws `not-found`, `exists`, `bad-request` for a folder into itself, `unsupported` where the host can do neither,
 * `source-changed` when a file changed meanwhile
 */
export async function moveTree(
  provider: StorageProvider,
  from: InnerPath,
  to: InnerPath,
  options: MoveOptions = {},
): Promise<void> {
  if (canRename(provider)) return provider.rename(from, to, options);
  const copier = copying(provider, from);
  const top = await provider.stat(from, options);
  if (from !== to && isWithin(to, from)) {
    throw new StowageError('bad-request', `“${visible(from)}” cannot be moved into itself.`, { subject: to });
  }
  if (await statOrNull(provider, to, options)) {
    throw new StowageError('exists', `“${visible(to)}” exists already.`, { subject: to });
  }
  const copies = new Map<string, Copied>();
  const folders: InnerPath[] = [];
  try {
    await copyAll(copier, top, { from, to, options, copies, folders });
  } catch (error) {
    await takeBack(copier, copies, folders);
    throw isStowageError(error, 'precondition-failed') ? changedMeanwhile(from, error) : error;
  }
  options.onCopied?.();
  await removeOld(copier, top, to, copies, options);
}

/**
 * Goes on with a move by copying that was cut short: what is at `from` still is copied where it lacks at `to` and
 * removed where both are the same. What differs stays at both.
 * @returns whether nothing is left at `from`
 */
export async function finishMove(
  provider: StorageProvider,
  from: InnerPath,
  to: InnerPath,
  options: Omit<MoveOptions, 'onCopied'> = {},
): Promise<boolean> {
  const copier = copying(provider, from);
  const top = await statOrNull(provider, from, options);
  if (!top) return true;
  const copyMissing = async (entry: StorageEntry): Promise<void> => {
    try {
      await copier.copy(entry.path, moved(entry.path, from, to), { signal: options.signal, expect: { absent: true } });
    } catch (error) {
      // There already: by the first attempt, or by someone else, which comparing tells.
      if (!isStowageError(error, 'precondition-failed')) throw error;
    }
  };
  await eachEntry(copier, top, options, copyMissing, (folder) =>
    copier.makeDirectory(moved(folder, from, to), { signal: options.signal }),
  );
  try {
    await removeOld(copier, top, to, new Map(), options);
    return true;
  } catch (error) {
    if (!isStowageError(error, 'source-changed')) throw error;
    return false;
  }
}

interface Copied {
  /** Of the source as it was copied. */
  readonly source: string | undefined;
  readonly copy: StorageEntry;
}

interface CopyTask {
  readonly from: InnerPath;
  readonly to: InnerPath;
  readonly options: MoveOptions;
  readonly copies: Map<string, Copied>;
  /** Made at the new place. */
  readonly folders: InnerPath[];
}

function copying(provider: StorageProvider, from: InnerPath): CopyingProvider {
  if (canCopy(provider)) return provider;
  throw new StowageError('unsupported', `This storage host can neither rename nor copy “${visible(from)}”.`, { subject: from });
}

const moved = (path: InnerPath, from: InnerPath, to: InnerPath): InnerPath => joinPath(to, path.slice(from.length));

const changedMeanwhile = (path: InnerPath, cause?: unknown): StowageError =>
  new StowageError(
    'source-changed',
    `“${visible(path)}” changed while it was moved.`,
    { subject: path, hint: 'Nothing is lost. Try again when nothing else writes there.' },
    { cause },
  );

async function copyAll(provider: CopyingProvider, top: StorageEntry, task: CopyTask): Promise<void> {
  const { from, to, options, copies, folders } = task;
  const { signal } = options;
  const copyFile = async (entry: StorageEntry): Promise<void> => {
    const copy = await provider.copy(entry.path, moved(entry.path, from, to), {
      signal,
      expect: { absent: true },
      ...(entry.etag !== undefined && { etag: entry.etag }),
    });
    if (copies.size < rememberedFiles) copies.set(entry.path, { source: entry.etag, copy });
  };
  await eachEntry(provider, top, options, copyFile, async (folder) => {
    const made = moved(folder, from, to);
    await provider.makeDirectory(made, { signal });
    if (folders.length < rememberedFiles) folders.push(made);
  });
}

/** Gives every file to `onFile`, several at a time, and every folder that holds nothing to `onEmptyFolder`. */
async function eachEntry(
  provider: StorageProvider,
  top: StorageEntry,
  { signal }: CallOptions,
  onFile: (entry: StorageEntry) => Promise<void>,
  onEmptyFolder: (path: InnerPath) => Promise<void>,
): Promise<void> {
  if (top.kind !== 'directory') return onFile(top);
  const tasks = async function* (): AsyncGenerator<() => Promise<void>> {
    // A folder after which nothing comes that lies in it.
    let last: InnerPath | null = top.path;
    for await (const entry of walk(provider, top.path, { signal })) {
      if (last !== null && !isWithin(entry.path, last)) yield emptyFolder(last);
      last = entry.kind === 'directory' ? entry.path : null;
      if (entry.kind !== 'directory') yield () => onFile(entry);
    }
    if (last !== null) yield emptyFolder(last);
  };
  const emptyFolder = (path: InnerPath) => () => onEmptyFolder(path);
  await runPool(tasks(), parallelFiles);
}

/** Removes the copies of a move that failed, as far as they are still what was copied and can be reached. */
async function takeBack(
  provider: CopyingProvider,
  copies: ReadonlyMap<string, Copied>,
  folders: readonly InnerPath[],
): Promise<void> {
  const files = [...copies.values()].map(({ copy }) => async (): Promise<void> => {
    // One that is not what was copied any more belongs to somebody else.
    await removeOne(provider, copy.path, { etag: copy.etag }).catch(() => undefined);
  });
  const tasks = [...files, ...folders.map((folder) => () => removeOne(provider, folder, {}))];
  // What failed is told with its own error; a copy that stays is in nobody's way.
  await runPool(tasks, parallelFiles).catch(() => undefined);
}

async function removeOld(
  provider: CopyingProvider,
  top: StorageEntry,
  to: InnerPath,
  copies: ReadonlyMap<string, Copied>,
  options: MoveOptions,
): Promise<void> {
  const from = top.path;
  let changed: InnerPath | null = null;
  const removeFile = async (entry: StorageEntry): Promise<void> => {
    const known = copies.get(entry.path);
    const same =
      known?.source !== undefined
        ? known.source === entry.etag
        : await sameContent(provider, entry.path, moved(entry.path, from, to), options);
    const gone = same && (await removedAs(provider, entry, options));
    if (!gone) changed ??= entry.path;
  };
  try {
    if (top.kind === 'directory') await removeFolder(provider, from, removeFile, options);
    else {
      const now = await statOrNull(provider, from, options);
      if (now) await removeFile(now);
    }
    if (options.keepParent) await makeParent(provider, from, options);
  } catch (error) {
    const { code, message, data } = toStowageError(error);
    const said = `“${visible(from)}” is whole at the new place, but not everything could be removed at the old. ${message}`;
    throw new StowageError(code, said, data, { cause: error });
  }
  if (changed !== null) throw changedMeanwhile(changed);
}

async function removeFolder(
  provider: CopyingProvider,
  folder: InnerPath,
  removeFile: (entry: StorageEntry) => Promise<void>,
  options: CallOptions,
): Promise<void> {
  const { signal } = options;
  const files = async function* (): AsyncGenerator<() => Promise<void>> {
    for await (const entry of walk(provider, folder, { signal })) {
      if (entry.kind !== 'directory') yield () => removeFile(entry);
    }
  };
  await runPool(files(), parallelFiles);
  // What was there for its files only has gone with them.
  if (!(await statOrNull(provider, folder, options))) return;
  for await (const entry of walk(provider, folder, { signal, foldersLast: true })) {
    if (entry.kind === 'directory') await removeOne(provider, entry.path, options);
  }
  await removeOne(provider, folder, options);
}

/** False when it is not what was listed any more. */
async function removedAs(provider: StorageProvider, { path, etag }: StorageEntry, { signal }: CallOptions): Promise<boolean> {
  try {
    await removeOne(provider, path, { signal, etag });
    return true;
  } catch (error) {
    if (isStowageError(error, 'precondition-failed')) return false;
    throw error;
  }
}

/** What is gone already is fine, and so is a folder in which a file stays. */
async function removeOne(
  provider: StorageProvider,
  path: InnerPath,
  { signal, etag }: CallOptions & { readonly etag?: string | undefined },
): Promise<void> {
  try {
    await provider.remove(path, { signal, ...(etag !== undefined && { etag }) });
  } catch (error) {
    if (!isStowageError(error, 'not-found', 'not-empty')) throw error;
  }
}

/** A folder that was there only because of what went stays, empty: it may be the one that a person is looking at. */
async function makeParent(provider: StorageProvider, path: InnerPath, options: CallOptions): Promise<void> {
  const parent = parentPath(path);
  if (!provider.features.impliedFolders || parent === '') return;
  if (!(await statOrNull(provider, parent, options))) await provider.makeDirectory(parent, { signal: options.signal });
}

async function sameContent(provider: StorageProvider, one: InnerPath, copy: InnerPath, options: CallOptions): Promise<boolean> {
  const [a, b] = await Promise.all([statOrNull(provider, one, options), statOrNull(provider, copy, options)]);
  if (!a || !b || a.kind !== b.kind || a.size !== b.size) return false;
  if (a.md5 !== undefined && b.md5 !== undefined) return a.md5 === b.md5;
  // A copy keeps the modification time, or where there is none to keep was written after its source.
  return a.modified !== null && b.modified !== null && a.modified <= b.modified;
}
