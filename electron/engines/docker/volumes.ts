import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { StowageError } from '#shared/errors.ts';
import type { VolumeCapable, VolumeRequest } from '../engine.ts';
import { uploadArchive } from './archive.ts';
import { homeLabel, probeLabel, probeOwnerLabel, volumeMount } from './container-config.ts';
import { type CallSubject, statusOf, wordsOf } from './errors.ts';

type Call = <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>) => Promise<Value>;

/** Where a volume lies in the container through which it is filled and read. */
const inside = '/.stowage-volume';

/** Volumes are filled and read through containers that never start, by the archive interface: it works from anywhere. */
export function createVolumes(call: Call, labels: { readonly homeId: string; readonly owner: string }): VolumeCapable {
  const through = <Value>(
    { name, image }: VolumeRequest,
    action: (container: Docker.Container) => Promise<Value>,
  ): Promise<Value> =>
    call({ image }, async (docker) => {
      const container = await docker.createContainer({
        _query: { name: `stowage-volume-${randomUUID()}` },
        _body: {
          Image: image,
          // It never runs; an image without a command needs one to be made into a container.
          Cmd: ['true'],
          // Removed as a probe is, should this process end in between.
          Labels: { [probeLabel]: labels.homeId, [probeOwnerLabel]: labels.owner },
          HostConfig: { NetworkMode: 'none', Mounts: [volumeMount(name, inside, false)] },
        },
      } as unknown as Docker.ContainerCreateOptions);
      try {
        return await action(container);
      } finally {
        await container.remove({ force: true });
      }
    });
  const removeVolume = (name: string): Promise<void> =>
    call({}, async (docker) => {
      try {
        await docker.getVolume(name).remove();
      } catch (error) {
        if (statusOf(error) === 404) return;
        if (statusOf(error) !== 409) throw error;
        throw new StowageError('in-use', `The volume “${name}” is in use.`, { subject: name, detail: wordsOf(error).trim() });
      }
    });
  return {
    fillVolume: async (request) => {
      const { name, archive, signal } = request;
      await removeVolume(name);
      await call({}, (docker) => docker.createVolume({ Name: name, Labels: { [homeLabel]: labels.homeId } }));
      try {
        await through(request, (container) => uploadArchive(container, inside, archive, signal));
      } catch (error) {
        await removeVolume(name).catch(() => {});
        if (signal.aborted) throw new StowageError('cancelled', 'Filling the volume was cancelled.');
        throw error;
      }
    },
    readVolume: async (request) => {
      await call({}, (docker) => docker.getVolume(request.name).inspect());
      const opened = Promise.withResolvers<AsyncIterable<Uint8Array>>();
      const closed = Promise.withResolvers<void>();
      const reading = through(request, async (container) => {
        const wanted = { path: inside, abortSignal: request.signal };
        const stream = (await container.getArchive(wanted)) as unknown as AsyncIterable<Uint8Array>;
        opened.resolve(
          (async function* () {
            try {
              yield* stream;
            } finally {
              closed.resolve();
            }
          })(),
        );
        await closed.promise;
      });
      reading.catch(opened.reject);
      return opened.promise;
    },
    removeVolume,
  };
}
