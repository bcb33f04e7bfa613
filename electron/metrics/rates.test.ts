import { expect, it } from 'vitest';
import { firstReading, sampleBetween } from './rates.ts';

const reading = {
  at: 12_000,
  cpuSeconds: 3,
  memoryBytes: 500,
  network: { received: 2000, sent: 100 },
  disk: { read: 0, written: 4096 },
};

it('tells what was used in a second between two readings', () => {
  expect(sampleBetween(firstReading(10_000, reading), reading)).toEqual({
    at: 12_000,
    seconds: 2,
    cpus: 1.5,
    memoryBytes: 500,
    networkIn: 1000,
    networkOut: 50,
    diskRead: 0,
    diskWritten: 2048,
    gpus: null,
    gpuMemoryBytes: null,
  });
});

it('tells nothing of readings that are too close, and no less than nothing where a counter began anew', () => {
  expect(sampleBetween(reading, { ...reading, at: 12_010 })).toBeNull();
  expect(sampleBetween(reading, reading)).toBeNull();
  const again = sampleBetween(reading, { ...reading, at: 13_000, cpuSeconds: 0, network: null });
  expect(again).toMatchObject({ cpus: 0, networkIn: null, networkOut: null, diskWritten: 0 });
});
