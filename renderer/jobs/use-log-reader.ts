import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { client, useConnection } from '../app/client.ts';
import { useLogSizes } from '../app/stores/jobs.ts';
import { defaultLimits } from './log-model.ts';
import { LogReader, type LogStatus } from './log-reader.ts';

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 120));

/** A reader for this job's log that hears when there is more. */
export function useLogReader(job: Job): { reader: LogReader; status: LogStatus } {
  const { id } = job;
  const create = () =>
    new LogReader((request, signal) => client.jobs.readLog({ id, ...request }, { signal }), defaultLimits, rest);
  const [reader, setReader] = useState(create);
  const status = useSyncExternalStore(reader.subscribe, () => reader.status);
  const size = useLogSizes((state) => state[id]) ?? job.logBytes;
  const epoch = useConnection((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a reader belongs to one job for as long as the view is there
  useEffect(() => {
    // An effect that runs again (as in development) finds its reader closed: it takes a new one.
    const mine = reader.closed ? create() : reader;
    if (mine !== reader) setReader(mine);
    void mine.open();
    return () => mine.close();
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more bytes, another state or a new connection mean that there may be more
  useEffect(() => {
    reader.noteSize(size);
    void reader.more();
  }, [reader, size, job.state, epoch]);
  return { reader, status };
}
