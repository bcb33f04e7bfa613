import { desktop } from '../app/client.ts';

/** A file to upload, with its path below the place where it was dropped; an empty folder has no file. */
export interface UploadItem {
  readonly path: string;
  readonly file: File | null;
  /** The browser's words for why it could not be read. */
  readonly problem?: string;
}

/** What was dropped or chosen. Reading it must begin in the event itself, so it is captured here and walked later. */
export interface Upload {
  /** Names at the top, for titles. */
  readonly names: readonly string[];
  /** Paths of this machine, in Electron; empty in the browser. */
  readonly localPaths: readonly string[];
  /** Files below, in batches as they are found. */
  readonly items: () => AsyncIterable<readonly UploadItem[]>;
  /** Exactly one folder at the top: its name. */
  readonly folderName: string | null;
}

const batchSize = 500;

/** Captures files and folders of the operating system that were dropped or pasted; null when there are none. Call it in the event. */
export function captureDrop(data: DataTransfer): Upload | null {
  const entries = [...data.items]
    .map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
    .filter((entry) => entry !== null);
  const files = [...data.files];
  if (entries.length === 0 && files.length === 0) return null;
  const localPaths = desktop ? files.map((file) => desktop?.pathOf(file) ?? '').filter((path) => path !== '') : [];
  const single = entries.length === 1 ? entries[0] : undefined;
  return {
    names: entries.length > 0 ? entries.map((entry) => entry.name) : files.map((file) => file.name),
    localPaths,
    items: () => (entries.length > 0 ? walkEntries(entries) : fromFiles(files)),
    folderName: single?.isDirectory ? single.name : null,
  };
}

/** Captures files chosen with an `<input type="file">`, also one with `webkitdirectory`. */
export function captureFiles(list: FileList): Upload | null {
  const files = [...list];
  if (files.length === 0) return null;
  const tops = [...new Set(files.map((file) => pathOf(file).split('/')[0] ?? file.name))];
  const isFolder = files.some((file) => file.webkitRelativePath !== '');
  return {
    names: tops,
    localPaths: [],
    items: () => fromFiles(files),
    folderName: isFolder && tops.length === 1 ? (tops[0] ?? null) : null,
  };
}

/** The same for paths of this machine (Electron). */
export function capturePaths(paths: readonly string[], folders: boolean): Upload | null {
  if (paths.length === 0) return null;
  const names = paths.map((path) => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path);
  return {
    names,
    localPaths: paths,
    items: () => fromFiles([]),
    folderName: folders && names.length === 1 ? (names[0] ?? null) : null,
  };
}

const pathOf = (file: File): string => file.webkitRelativePath || file.name;

async function* fromFiles(files: readonly File[]): AsyncGenerator<readonly UploadItem[]> {
  for (let at = 0; at < files.length; at += batchSize)
    yield files.slice(at, at + batchSize).map((file) => ({ path: pathOf(file), file }));
}

/** Depth first, so that what waits in memory is one folder's names per level. */
async function* walkEntries(entries: readonly FileSystemEntry[]): AsyncGenerator<readonly UploadItem[]> {
  let batch: UploadItem[] = [];
  const waiting: Array<{ readonly entry: FileSystemEntry; readonly path: string }> = entries
    .map((entry) => ({ entry, path: entry.name }))
    .reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { entry, path } = next;
    try {
      if (isFile(entry)) batch.push({ path, file: await fileOf(entry) });
      else if (isDirectory(entry)) {
        const children = await readAll(entry);
        if (children.length === 0) batch.push({ path, file: null });
        for (const child of children.reverse()) waiting.push({ entry: child, path: `${path}/${child.name}` });
      }
    } catch (error) {
      // One that cannot be read is listed as failed; the rest goes on.
      batch.push({ path, file: null, problem: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
    if (batch.length >= batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives at most 100 at a time; an empty answer is the end. */
async function readAll(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** The contents of a single dropped folder rather than the folder itself. */
export function contentsOf(upload: Upload): Upload {
  if (upload.folderName === null) return upload;
  async function* inner(): AsyncGenerator<readonly UploadItem[]> {
    for await (const batch of upload.items())
      yield batch
        // The folder itself is not sent, but that it could not be read is told.
        .filter(({ path, problem }) => path.includes('/') || problem !== undefined)
        .map((item) => ({ ...item, path: item.path.slice(item.path.indexOf('/') + 1) }));
  }
  return { ...upload, localPaths: upload.localPaths.map((path) => (/[/\\]$/.test(path) ? path : `${path}/`)), items: inner };
}

/** How many files there are below, counting up to `limit`, for the name of a drop target. */
export const countTops = (data: DataTransfer): number => [...data.items].filter((item) => item.kind === 'file').length;
