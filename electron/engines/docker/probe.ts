import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import type { ImagePathFact } from '../engine.ts';
import { probeLabel, probeOwnerLabel } from './container-config.ts';
import { statusOf } from './errors.ts';

/** What the engine says of a path in a container. */
export interface PathStat {
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly isExecutable: boolean;
  /** Where a link leads, resolved inside the container. */
  readonly linkTarget: string;
}

/** Bits of the mode as Go writes it. */
const goDirectory = 2 ** 31;
const goSymlink = 2 ** 27;
const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
const mostLinks = 8;

/** HEAD of the archive interface: nothing of the file is read. Null when the path is not there. */
export async function statInContainer(container: Docker.Container, path: string): Promise<PathStat | null> {
  try {
    const response = (await container.infoArchive({ path })) as NodeJS.ReadableStream & {
      headers: Record<string, string | undefined>;
    };
    response.resume();
    const encoded = response.headers['x-docker-container-path-stat'] ?? '';
    const { mode, linkTarget } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { mode: number; linkTarget: string };
    const isDirectory = has(mode, goDirectory);
    return { isDirectory, isSymlink: has(mode, goSymlink), isExecutable: !isDirectory && (mode & 0o111) !== 0, linkTarget };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** As {@link statInContainer}, links followed. */
export async function statThroughLinks(container: Docker.Container, path: string): Promise<PathStat | null> {
  let stat = await statInContainer(container, path);
  for (let links = 0; stat?.isSymlink && links < mostLinks; links++) {
    stat = stat.linkTarget ? await statInContainer(container, stat.linkTarget) : null;
  }
  return stat;
}

/** Reads the first two entries of the directory's archive (the directory itself, and one that it holds), then lets go. */
async function isEmptyDirectory(container: Docker.Container, path: string): Promise<boolean> {
  const abort = new AbortController();
  // The trailing `.` makes a link to a directory give the directory.
  const stream = await container.getArchive({ path: posix.join(path, '.'), abortSignal: abort.signal });
  const entries = extract();
  stream.on('error', (error) => entries.destroy(error));
  stream.pipe(entries);
  let count = 0;
  try {
    for await (const entry of entries) {
      count++;
      if (count === 2) break;
      entry.resume();
    }
  } catch (error) {
    if (count < 2) throw error;
  } finally {
    abort.abort();
  }
  return count < 2;
}

async function pathFact(container: Docker.Container, path: string): Promise<ImagePathFact> {
  const stat = await statThroughLinks(container, path);
  if (!stat) return 'missing';
  if (!stat.isDirectory) return 'file';
  return (await isEmptyDirectory(container, path)) ? 'empty-directory' : 'directory';
}

function isBarren(path: string, facts: ReadonlyMap<string, ImagePathFact>): boolean {
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const above = facts.get(path.slice(0, cut));
    if (above !== undefined) return above !== 'directory';
  }
  return false;
}

/** Looks at paths of an image through a container that is never started, and is removed in any case. */
export async function probePaths(
  docker: Docker,
  image: string,
  paths: readonly string[],
  labels: { homeId: string; owner: string },
): Promise<Map<string, ImagePathFact>> {
  const container = await docker.createContainer({
    _query: { name: `stowage-probe-${randomUUID()}` },
    _body: {
      Image: image,
      Cmd: ['true'],
      NetworkDisabled: true,
      Labels: { [probeLabel]: labels.homeId, [probeOwnerLabel]: labels.owner },
    },
  } as Docker.ContainerCreateOptions);
  try {
    const facts = new Map<string, ImagePathFact>();
    // What is above comes first: where nothing lies in it, what is below need not be asked for.
    for (const path of [...paths].sort((a, b) => a.length - b.length)) {
      facts.set(path, isBarren(path, facts) ? 'missing' : await pathFact(container, path));
    }
    return facts;
  } finally {
    await container.remove({ v: true, force: true });
  }
}

/** Removes what a core that was killed during a probe left behind. */
export async function removeLeftProbes(docker: Docker, labels: { homeId: string; owner: string }): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { label: [`${probeLabel}=${labels.homeId}`] } });
  for (const { Id, Labels } of left) {
    if (Labels[probeOwnerLabel] !== labels.owner) await docker.getContainer(Id).remove({ v: true, force: true });
  }
}
