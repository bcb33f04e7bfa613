import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type Docker from 'dockerode';
import { StowageError } from '#shared/errors.ts';
import type { BakeCapable, BakedImageFacts, BakeRequest } from '../engine.ts';
import { uploadArchive } from './archive.ts';
import type { CallSubject } from './errors.ts';
import { statusOf, wordsOf } from './errors.ts';
import { checkImageName } from './image-name.ts';
import { statThroughLinks } from './probe.ts';

const repository = 'stowage/baked';
/**
 * Labels of baked images; containers made from them carry them too, so none of these may mean anything for a container. The
 * containers in which images are made are told by their names instead.
 */
const label = {
  home: 'dev.stowage.baked',
  digest: 'dev.stowage.baked.digest',
  base: 'dev.stowage.baked.base',
  source: 'dev.stowage.baked.source',
  target: 'dev.stowage.baked.target',
  bytes: 'dev.stowage.baked.bytes',
} as const;

type Call = <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>) => Promise<Value>;
interface Owner {
  readonly homeId: string;
  /** This core; another one of the same data directory is dead. */
  readonly owner: string;
}

const referenceOf = (digest: string): string => `${repository}:${digest.slice(0, 32)}`;
const namePrefix = ({ homeId }: Owner): string => `stowage-bake-${homeId.slice(0, 8)}-`;
const ownPrefix = (owner: Owner): string => `${namePrefix(owner)}${owner.owner.slice(0, 8)}-`;

/** Images are made without BuildKit, which not every engine has: a container that never starts, an archive, a commit. */
export function createBaker(call: Call, owner: Owner): BakeCapable {
  const find = (digest: string): Promise<string | null> =>
    call({}, async (docker) => {
      try {
        const { Config } = await docker.getImage(referenceOf(digest)).inspect();
        // Under a tag that somebody moved lies something else.
        return Config.Labels?.[label.digest] === digest ? referenceOf(digest) : null;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  return {
    findBaked: find,
    bakeImage: async (request) => {
      const there = await find(request.digest);
      if (there) return there;
      await call({ image: request.base }, (docker) => bake(docker, owner, request));
      return referenceOf(request.digest);
    },
    bakedImages: () => call({}, (docker) => listBaked(docker, owner)),
    removeBaked: (id) =>
      call({}, async (docker) => {
        // Only what was made here is removed by this way.
        const image = (await listBaked(docker, owner)).find((each) => each.id === id);
        if (!image) return false;
        try {
          await docker.getImage(image.reference).remove();
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          if (statusOf(error) !== 409) throw error;
          throw new StowageError('in-use', `The image with the files of “${image.source}” is in use.`, {
            subject: image.reference,
            detail: wordsOf(error).trim(),
            hint: 'Wait until the jobs that use it have ended, and remove the images that were made from it first.',
          });
        }
      }),
  };
}

/** Removes what a core that was killed while it made an image left behind. */
export async function removeLeftBakes(docker: Docker, owner: Owner): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { name: [namePrefix(owner)] } });
  for (const { Id, Names } of left) {
    const names = Names.map((name) => name.replace(/^\//, ''));
    if (names.some((name) => name.startsWith(namePrefix(owner)) && !name.startsWith(ownPrefix(owner))))
      await docker.getContainer(Id).remove({ v: true, force: true });
  }
}

async function bake(docker: Docker, owner: Owner, { base, digest, facts, archive, signal }: BakeRequest): Promise<void> {
  const { Config } = await docker.getImage(checkImageName(base)).inspect();
  refuseVolumes(Object.keys(Config.Volumes ?? {}), facts);
  const hasCommand = [Config.Cmd, Config.Entrypoint].some((words) => words && words.length > 0);
  const labels = {
    [label.home]: owner.homeId,
    [label.digest]: digest,
    [label.base]: facts.base,
    [label.source]: facts.source,
    [label.target]: facts.target,
    [label.bytes]: String(facts.bytes),
  };
  const container = await docker.createContainer({
    _query: { name: `${ownPrefix(owner)}${randomUUID()}` },
    // An image without a command needs one for the container. It stays with the image, whose jobs name their own. Podman
    // gives the image the labels of the container only.
    _body: { Image: base, ...(hasCommand ? {} : { Cmd: ['true'] }), Labels: labels, HostConfig: { NetworkMode: 'none' } },
  } as unknown as Docker.ContainerCreateOptions);
  try {
    await uploadArchive(container, '/', archive(await missingFolders(container, facts.target)), signal);
    signal.throwIfAborted();
    const [repo, tag] = referenceOf(digest).split(':');
    await container.commit({
      _query: { container: container.id, repo, tag, pause: false },
      _body: { Labels: labels },
    } as Record<string, unknown>);
  } catch (error) {
    if (signal.aborted) throw new StowageError('cancelled', 'Making the image was cancelled.');
    if (/no space left on device/i.test(wordsOf(error)))
      throw new StowageError('disk-full', 'The disk of Docker is full: the image cannot be made.', {
        detail: wordsOf(error).trim(),
        hint: 'Remove images that are not needed any more, or share or copy the folder instead.',
      });
    throw error;
  } finally {
    await container.remove({ v: true, force: true });
  }
}

/** What lies in a volume of the image is no part of it: files there would be lost. */
function refuseVolumes(volumes: readonly string[], { target, base }: BakeRequest['facts']): void {
  const below = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);
  const volume = volumes.find((each) => below(target, each) || below(each, target));
  if (volume === undefined) return;
  throw new StowageError('mount-failed', `Files cannot be put at “${target}”: the image “${base}” has a volume at “${volume}”.`, {
    subject: target,
    hint: 'Choose another target, or share or copy the folder instead.',
  });
}

/** Made with a mode that everybody can pass; what is there stays as it is. */
async function missingFolders(container: Docker.Container, target: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = posix.dirname(target); folder !== '/'; folder = posix.dirname(folder)) {
    if (await statThroughLinks(container, folder)) break;
    missing.unshift(folder);
  }
  return missing;
}

async function listBaked(docker: Docker, { homeId }: Owner): Promise<BakedImageFacts[]> {
  const images = await docker.listImages({ filters: { label: [`${label.home}=${homeId}`] } });
  return images.flatMap(({ Id, RepoTags, Labels, Created }) => {
    const digest = Labels?.[label.digest] ?? '';
    const reference = referenceOf(digest);
    // Podman writes the registry before it.
    if (!RepoTags?.some((tag) => tag === reference || tag.endsWith(`/${reference}`))) return [];
    return [
      {
        id: Id,
        reference,
        digest,
        base: Labels[label.base] ?? '',
        source: Labels[label.source] ?? '',
        target: Labels[label.target] ?? '',
        bytes: Number(Labels[label.bytes] ?? 0),
        createdAt: Created * 1000,
      },
    ];
  });
}
