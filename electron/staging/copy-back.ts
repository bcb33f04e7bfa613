import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, isStowageError, StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, parentPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import { placeInProvider, placeInVfolder, readListing } from '../listings/listing.ts';
import type { CopiedBack, ResolvedPlace } from '../services.ts';
import { checkSignal } from '../storage/bodies.ts';
import { createLocalProvider, type LocalProvider } from '../storage/local/provider.ts';
import type { WriteOptions } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import { runPool } from '../storage/task-pool.ts';
import { walk } from '../storage/walk.ts';
import type { Bandwidth } from '../transfers/bandwidth.ts';
import { copyStream, sameContent } from '../transfers/copy-stream.ts';
import { createPatience, noTries, type Patience, type PatienceLimits } from '../transfers/patience.ts';
import { toProblem } from '../transfers/problems.ts';
import { conflictName, isEmpty, lookInto, type PrivateCopy, wasThere } from './private-copy.ts';
import { sameFile } from './same-file.ts';

export interface CopyBackOptions {
  readonly jobId: number;
  readonly mount: number;
  readonly place: ResolvedPlace;
  /** The place, for people. */
  readonly name: string;
  /** The private copy. */
  readonly files: string;
  /** The name in it of the one file that the place is; null: a folder. */
  readonly file: string | null;
  /** The listing that it was made from; written after all of the copy was there. */
  readonly manifest: string;
  /** The files as they were; null when the cache does not have them any more, or there were none. */
  readonly tree: string | null;
  /** A former try broke off: what it did is found again. */
  readonly resumed: boolean;
  readonly bandwidth: Bandwidth;
  readonly patience: PatienceLimits;
  readonly changes: Changes;
  readonly signal: AbortSignal;
  onProgress(progress: { files: number; bytes: number }): void;
}

/** A file that the job made or changed. */
interface Change {
  readonly rel: InnerPath;
  /** Of the version that it began from; null: it is new. */
  readonly etag: string | null;
}

const parallel = 16;
const statsAtOnce = 256;
const mostLeftOut = 100;
/** Of one file: the others go on. */
const ownTrouble: readonly ErrorCode[] = ['is-a-directory', 'not-a-directory'];

/**
 * Brings what a job did to its private copy to where it came from: changed and new files, then removals. Nothing that
 * somebody else did meanwhile is lost: theirs stays, the job's is laid beside it. Can be repeated after it broke off.
 * @throws what kept a file from getting back, with words that say where it is kept; `cancelled`
 */
export async function copyBack(options: CopyBackOptions): Promise<CopiedBack> {
  const back = new CopyBack(options);
  try {
    return await back.run();
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw keptError(options, error);
  } finally {
    back.close();
  }
}

class CopyBack {
  readonly #options: CopyBackOptions;
  readonly #local: LocalProvider;
  readonly #copy: PrivateCopy;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  readonly #conflicts: { path: string; keptAs: string }[] = [];
  readonly #leftOut: string[] = [];
  readonly #failures: unknown[] = [];
  readonly #folders = new Set<string>();
  #copied = 0;
  #bytes = 0;
  #removed = 0;

  constructor(options: CopyBackOptions) {
    this.#options = options;
    this.#local = createLocalProvider(options.files);
    this.#copy = lookInto(options.files);
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#patience = createPatience(options.patience, this.#signal, ({ code, message, ...data }) =>
      this.#stop.abort(new StowageError(code, message, data)),
    );
  }

  async run(): Promise<CopiedBack> {
    const { place, manifest, changes, mount } = this.#options;
    if (place.vfolder.permission === 'ro')
      throw new StowageError('read-only', `“${place.vfolder.name}” is read-only.`, { subject: place.vfolder.name });
    const began = (await lstat(manifest)).ctimeMs;
    // A file in the place of a folder, or a folder in that of a file, has to wait until that is gone.
    const blocked: Change[] = [];
    await runPool(this.#sending(this.#changed(began), blocked), parallel);
    await runPool(this.#sending(this.#added(), blocked), parallel);
    this.#checkFailures();
    await this.#remove();
    await runPool(this.#sending(blocked, null), parallel);
    this.#checkFailures();
    for (const path of [...this.#folders].slice(0, 1000)) changes.emit({ type: 'files', vfolder: place.vfolder.name, path });
    const counts = { files: this.#copied, bytes: this.#bytes, removed: this.#removed };
    return { mount, ...counts, conflicts: this.#conflicts, leftOut: this.#leftOut };
  }

  close(): void {
    void this.#local.close();
  }

  #checkFailures(): void {
    if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
    checkSignal(this.#signal);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async *#sending(
    found: AsyncIterable<Change> | Iterable<Change>,
    blocked: Change[] | null,
  ): AsyncGenerator<() => Promise<void>> {
    for await (const change of found) {
      if (this.#signal.aborted) return;
      yield async () => {
        try {
          await this.#patiently(change.rel, () => this.#send(change));
        } catch (error) {
          if (blocked && isStowageError(error, ...ownTrouble)) blocked.push(change);
          else this.#failures.push(error);
        }
      };
    }
  }

  /** What was there and has other bytes now. */
  async *#changed(began: number): AsyncGenerator<Change> {
    const { manifest, files, tree } = this.#options;
    for await (const batch of readListing(manifest)) {
      for (let at = 0; at < batch.length; at += statsAtOnce) {
        checkSignal(this.#signal);
        const part = batch.slice(at, at + statsAtOnce);
        const stats = await Promise.all(part.map(({ rel }) => this.#copy.look(rel)));
        for (const [index, entry] of part.entries()) {
          const now = stats[index];
          if (entry.kind !== 'file' || !now?.isFile()) continue;
          // Nothing was written to it since the copy was made.
          if (now.size === entry.size && now.ctimeMs <= began) continue;
          const same =
            now.size === entry.size && tree !== null && (await sameFile(join(tree, entry.rel), join(files, entry.rel)));
          if (!same) yield { rel: entry.rel, etag: entry.etag };
        }
      }
    }
  }

  /** What was not there: files are given, folders made when they are empty, the rest noted as left out. */
  async *#added(): AsyncGenerator<Change> {
    const { manifest, tree } = this.#options;
    const isKnown = await wasThere(tree, manifest);
    for await (const entry of walk(this.#local, '' as InnerPath, { signal: this.#signal })) {
      if (await isKnown(entry)) continue;
      if (entry.kind === 'file') yield { rel: entry.path, etag: null };
      else if (entry.kind === 'directory') await this.#makeFolder(entry.path);
      else if (this.#leftOut.length < mostLeftOut) this.#leftOut.push(this.#inner(entry.path));
    }
  }

  async #makeFolder(rel: InnerPath): Promise<void> {
    const { provider } = this.#options.place;
    if (!provider.features.emptyDirectories || !(await isEmpty(this.#local, rel, this.#signal))) return;
    await this.#patiently(rel, () => provider.makeDirectory(this.#target(rel), { signal: this.#signal })).catch(
      (error: unknown) => {
        // Somebody laid a file there.
        if (!isStowageError(error, 'not-a-directory')) this.#failures.push(error);
      },
    );
  }

  async #send({ rel, etag }: Change): Promise<void> {
    const { resumed, place } = this.#options;
    const target = this.#target(rel);
    if (resumed && (await this.#isThere(rel, target))) return this.#count(rel);
    try {
      await this.#write(rel, target, etag === null ? { absent: true } : { etag });
    } catch (error) {
      if (!isStowageError(error, 'precondition-failed')) throw error;
      // An answer may have been lost after the work was done, or somebody else wrote the very same.
      if (!(await this.#isThere(rel, target))) await this.#keepBeside(rel, place);
    }
    await this.#count(rel);
  }

  /** Whether the host has our bytes there. */
  async #isThere(rel: InnerPath, target: InnerPath): Promise<boolean> {
    const { provider } = this.#options.place;
    const there = await statOrNull(provider, target, { signal: this.#signal });
    return there?.kind === 'file' && (await sameContent(this.#local, rel, provider, target, this.#signal));
  }

  async #keepBeside(rel: InnerPath, place: ResolvedPlace): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const name = conflictName(baseName(this.#inner(rel)), this.#options.jobId, attempt);
      const target = joinPath(parentPath(this.#target(rel)), name);
      const keptAs = joinPath(parentPath(this.#inner(rel)), name);
      try {
        await this.#write(rel, target, { absent: true });
      } catch (error) {
        if (!isStowageError(error, 'precondition-failed')) throw error;
        if (!(await this.#isThere(rel, target))) continue;
      }
      this.#conflicts.push({ path: this.#inner(rel), keptAs });
      this.#folders.add(parentPath(joinPath(place.inner, rel)));
      return;
    }
  }

  async #write(rel: InnerPath, target: InnerPath, expect: NonNullable<WriteOptions['expect']>): Promise<void> {
    const { place, bandwidth, jobId, mount } = this.#options;
    const { size, modified, etag = null } = await this.#local.stat(rel);
    await copyStream({
      from: this.#local,
      source: rel,
      to: place.provider,
      size,
      modified,
      etag,
      signal: this.#signal,
      bandwidth,
      onProgress: (done) => this.#options.onProgress({ files: this.#copied, bytes: this.#bytes + done }),
      target,
      key: createHash('sha256').update(`${jobId} ${mount} ${target}`).digest('hex'),
      expect,
      checkpoint: null,
    });
  }

  async #count(rel: InnerPath): Promise<void> {
    const { size } = await this.#local.stat(rel);
    this.#copied++;
    this.#bytes += size;
    if (this.#folders.size < 1000) this.#folders.add(parentPath(this.#inner(rel)));
    this.#options.onProgress({ files: this.#copied, bytes: this.#bytes });
  }

  /** What the job removed, unless somebody changed it since; then the folders that were left empty. */
  async #remove(): Promise<void> {
    const { manifest } = this.#options;
    const copy = this.#copy;
    const folders: InnerPath[] = [];
    const signal = this.#signal;
    const removeFile = async (rel: InnerPath, etag: string | null): Promise<void> => {
      if (!(await this.#removeUnchanged(this.#target(rel), etag))) {
        this.#conflicts.push({ path: this.#inner(rel), keptAs: this.#inner(rel) });
        return;
      }
      this.#removed++;
      if (this.#folders.size < 1000) this.#folders.add(parentPath(this.#inner(rel)));
    };
    const patiently = (rel: InnerPath, work: () => Promise<void>) => () =>
      this.#patiently(rel, work).catch((error: unknown) => void this.#failures.push(error));
    async function* tasks(): AsyncGenerator<() => Promise<void>> {
      for await (const batch of readListing(manifest)) {
        for (const entry of batch) {
          checkSignal(signal);
          const now = await copy.look(entry.rel);
          if (entry.kind === 'folder' && !now?.isDirectory()) folders.push(entry.rel);
          if (entry.kind === 'file' && !now?.isFile()) yield patiently(entry.rel, () => removeFile(entry.rel, entry.etag));
        }
      }
    }
    await runPool(tasks(), parallel);
    for (const rel of folders.toSorted().reverse()) {
      await this.#patiently(rel, () => this.#removeFolder(this.#target(rel))).catch((error: unknown) => {
        // It holds what somebody else put there.
        if (!isStowageError(error, 'not-found', 'not-empty')) this.#failures.push(error);
      });
    }
  }

  /** False when somebody changed it. What is gone already is removed. */
  async #removeUnchanged(target: InnerPath, etag: string | null): Promise<boolean> {
    const { provider } = this.#options.place;
    // On a host without etags nothing tells whose it is.
    if (etag === null) return (await statOrNull(provider, target, { signal: this.#signal })) === null;
    try {
      await provider.remove(target, { signal: this.#signal, etag });
    } catch (error) {
      if (isStowageError(error, 'precondition-failed')) return false;
      if (!isStowageError(error, 'not-found')) throw error;
    }
    return true;
  }

  /** Only a folder: by now a file may have its name, that of the job or of somebody else. */
  async #removeFolder(target: InnerPath): Promise<void> {
    const { provider } = this.#options.place;
    const there = await statOrNull(provider, target, { signal: this.#signal });
    if (there?.kind === 'directory') await provider.remove(target, { signal: this.#signal });
  }

  /** Tries again while the host may come back. */
  async #patiently(rel: InnerPath, work: () => Promise<void>): Promise<void> {
    const tries = noTries();
    for (;;) {
      try {
        checkSignal(this.#signal);
        await work();
        this.#patience.relief();
        return;
      } catch (error) {
        if (this.#signal.aborted || !(await this.#patience.again(toProblem(error, this.#inner(rel)), tries))) throw error;
      }
    }
  }

  #target(rel: InnerPath): InnerPath {
    return placeInProvider(this.#options.place, this.#options, rel);
  }

  #inner(rel: InnerPath): InnerPath {
    return placeInVfolder(this.#options.place, this.#options, rel);
  }
}

function keptError({ name, files, jobId }: CopyBackOptions, error: unknown): StowageError {
  const { code, message, ...data } = toProblem(error, name);
  return new StowageError(
    code,
    `What job ${jobId} wrote could not be copied back to “${visible(name)}”: ${message} All of it is kept in “${files}”.`,
    { ...data, hint: `When that is mended: stowage job copy-back ${jobId}` },
    { cause: error },
  );
}
