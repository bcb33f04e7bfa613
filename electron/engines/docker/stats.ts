import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { MeterCapable, UsageReading } from '../engine.ts';
import type { CallSubject } from './errors.ts';

type Call = <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>) => Promise<Value>;

const count = z.number().nonnegative();
/** The fields of the engine's statistics that are used; of a container that does not run most are missing. */
const statsSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: count }) }),
  memory_stats: z.object({ usage: count.optional(), stats: z.record(z.string(), z.unknown()).nullish() }).optional(),
  networks: z.record(z.string(), z.object({ rx_bytes: count, tx_bytes: count })).nullish(),
  blkio_stats: z.object({ io_service_bytes_recursive: z.array(z.object({ op: z.string(), value: count })).nullish() }).nullish(),
});
type Stats = z.infer<typeof statsSchema>;

/** Readings from the engine's own stream, which gives one a second. */
export const createMeter = (call: Call): MeterCapable => ({
  meter: (reference, { signal }) => readings(call, reference, signal),
});

async function* readings(call: Call, reference: string, signal: AbortSignal): AsyncGenerator<UsageReading, void> {
  if (signal.aborted) return;
  const stream = await call(
    { container: reference },
    async (docker) =>
      (await docker.getContainer(reference).stats({ stream: true })) as NodeJS.ReadableStream & { destroy(): void },
  );
  const lines = createInterface({ input: stream });
  // Also when the connection breaks: that is the end of this stream, and who still wants readings asks again.
  stream.once('close', () => lines.close());
  stream.on('error', () => lines.close());
  const end = (): void => void stream.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const line of lines) {
      const reading = signal.aborted ? null : readStats(line);
      // Of a container that has ended the engine goes on to send statistics without a time.
      if (!reading) return;
      yield reading;
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** One line of the stream; null when the container does not run. */
export function readStats(line: string): UsageReading | null {
  const parsed = statsSchema.safeParse(JSON.parse(line));
  if (!parsed.success || parsed.data.read.startsWith('0001')) return null;
  const stats = parsed.data;
  if (stats.memory_stats?.usage === undefined) return null;
  const networks = stats.networks ? Object.values(stats.networks) : null;
  const io = stats.blkio_stats?.io_service_bytes_recursive ?? null;
  const moved = (operation: string): number =>
    (io ?? []).filter(({ op }) => op.toLowerCase() === operation).reduce((sum, { value }) => sum + value, 0);
  return {
    at: Date.parse(stats.read),
    cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / 1e9,
    memoryBytes: memoryInUse(stats.memory_stats),
    network: networks && {
      received: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
      sent: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    },
    disk: { read: moved('read'), written: moved('write') },
  };
}

/** As `docker stats` counts it: without the inactive file cache, which cgroup v1 and v2 call differently. */
function memoryInUse({ usage = 0, stats }: NonNullable<Stats['memory_stats']>): number {
  const inactive = stats?.total_inactive_file ?? stats?.inactive_file;
  return typeof inactive === 'number' && inactive < usage ? usage - inactive : usage;
}
