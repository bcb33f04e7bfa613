import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineId } from '#shared/contract/engines.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { StowageError, toStowageError } from '#shared/errors.ts';
import { canHoldVolumes, type Engine, type VolumeCapable } from '../engines/engine.ts';
import { imageForJob } from '../jobs/pull.ts';
import type { EngineRegistry, StagingOptions } from '../services.ts';
import { packFolder, unpackVolume } from './volume-archive.ts';

/** A copy on this machine that a job on another one gets as a volume. */
export interface VolumeCopy {
  readonly jobId: number;
  readonly mount: number;
  readonly plan: Plan;
  /** The copy. */
  readonly folder: string;
}

export interface VolumeCopies {
  /** Sends the copy, once. Gives the name of the volume. @throws `unsupported` for a single file, `image-missing`, `disk-full` */
  send(copy: VolumeCopy, options: StagingOptions): Promise<string>;
  /** Brings the copy to what the job made of the volume; nothing where there is none. */
  fetch(copy: VolumeCopy, options: StagingOptions): Promise<void>;
  /** Removes the volume of a mount; nothing where there is none. @throws `in-use` while the run is kept by the engine */
  remove(jobId: number, mount: number): Promise<void>;
}

/** What is known of a volume, kept beside the copy: it has to be found again after the app was away. */
interface VolumeRecord {
  readonly engine: EngineId;
  readonly name: string;
  readonly image: string;
  /** ms since the epoch; null: it was not filled whole. */
  readonly packedAt: number | null;
}

/** Carries copies to and from volumes of an engine that does not see this machine. */
export function createVolumeCopies(options: {
  readonly engines: EngineRegistry;
  readonly folderOf: (jobId: number, mount: number) => string;
}): VolumeCopies {
  const { engines, folderOf } = options;
  const recordOf = (jobId: number, mount: number): string => join(folderOf(jobId, mount), 'volume.json');
  const read = async (jobId: number, mount: number): Promise<VolumeRecord | null> => {
    const text = await readFile(recordOf(jobId, mount), 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as VolumeRecord);
  };
  const write = async (jobId: number, mount: number, record: VolumeRecord): Promise<void> => {
    const path = recordOf(jobId, mount);
    await mkdir(folderOf(jobId, mount), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    await rename(`${path}.new`, path);
  };
  return {
    send: async ({ jobId, mount, plan, folder }, { signal, tell }) => {
      const known = await read(jobId, mount);
      if (known && known.packedAt !== null) return known.name;
      const engine = holder(engines.get(plan.engine));
      if (!(await lstat(folder)).isDirectory())
        throw new StowageError('unsupported', 'A single file cannot be brought to an engine on another machine.', {
          hint: 'Mount the folder that it lies in.',
        });
      const { image } = plan;
      if (image === null) throw new StowageError('bad-request', 'A job in a container needs an image.');
      await imageForJob(engine, image, { signal, tell });
      // Nobody else can have a volume of this name, so filling it replaces nothing.
      const record = { engine: engine.id, name: known?.name ?? `stowage-${randomUUID()}`, image };
      await write(jobId, mount, { ...record, packedAt: null });
      tell('Sending the copy to the engine');
      const packedAt = Date.now();
      await engine.fillVolume({ ...record, signal, archive: packFolder(folder, plan.user, signal) });
      await write(jobId, mount, { ...record, packedAt });
      return record.name;
    },
    fetch: async ({ jobId, mount, folder }, { signal, tell }) => {
      const known = await read(jobId, mount);
      if (!known || known.packedAt === null) return;
      tell('Fetching from the engine what the job has written');
      try {
        const archive = await holder(engines.get(known.engine)).readVolume({ ...known, signal });
        await unpackVolume(archive, folder, known.packedAt, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        throw keptError(jobId, known, toStowageError(error));
      }
    },
    remove: async (jobId, mount) => {
      const known = await read(jobId, mount);
      if (!known) return;
      await holder(engines.get(known.engine)).removeVolume(known.name);
      await rm(folderOf(jobId, mount), { recursive: true, force: true });
    },
  };
}

function keptError(jobId: number, { engine, name }: VolumeRecord, { code, message, data }: StowageError): StowageError {
  return new StowageError(
    code,
    `What job ${jobId} wrote could not be fetched from the engine “${engine}”: ${message} All of it is kept in its volume “${name}”.`,
    { ...data, hint: 'When the engine answers again, copy it from there.' },
  );
}

function holder(engine: Engine): Engine & VolumeCapable {
  if (canHoldVolumes(engine)) return engine;
  throw new StowageError('unsupported', `The engine “${engine.id}” has no volumes.`, { hint: 'Choose another engine.' });
}
