import { expect, it } from 'vitest';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { linesOf, toCsv } from './metrics-lines.ts';

const sample = (at: number, cpus: number): UsageSample => ({
  at,
  seconds: 1,
  cpus,
  memoryBytes: 1000,
  networkIn: null,
  networkOut: null,
  diskRead: 10,
  diskWritten: 20.4,
  gpus: 0.5,
  gpuMemoryBytes: 2 ** 20,
});

it('draws each span to its end, and breaks where nobody measured', () => {
  const series = { interval: 1, samples: [sample(11_000, 0.5), sample(12_000, 1), sample(20_000, 2)] };
  expect(linesOf(series, 10_000, [({ cpus }) => cpus, ({ networkIn }) => networkIn])).toEqual({
    times: [0, 1, 2, 5.5, 9, 10],
    lines: [
      [0.5, 0.5, 1, null, 2, 2],
      [null, null, null, null, null, null],
    ],
  });
});

it('writes a table for other programs', () => {
  expect(toCsv({ interval: 1, samples: [sample(0, 0.25)] })).toBe(
    'time,seconds,cpus,memory_bytes,network_in,network_out,disk_read,disk_written,gpus,gpu_memory_bytes\n' +
      '1970-01-01T00:00:00.000Z,1.000,0.2500,1000,,,10,20,0.5000,1048576\n',
  );
});
