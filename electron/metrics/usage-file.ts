import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsageSample, UsageSeries } from '#shared/contract/metrics.ts';
import { emptySeries, mostSamples, withAtMost } from '#shared/metrics/series.ts';

export const usagePath = (directory: string, jobId: number): string => join(directory, `${jobId}.usage`);

/**
 * A series as it is kept: a first line `stowage-usage 1 INTERVAL`, then one line for each sample, its fields in a fixed order,
 * `-` for what is not known. Lines are added as samples come; a last line that was cut off is left out.
 */
const magic = 'stowage-usage 1';
/** A series has at most so many bytes; a file that has more is none of ours. */
const mostBytes = 1024 * 1024;

const head = (interval: number): string => `${magic} ${interval}\n`;

const lineOf = (sample: UsageSample): string =>
  `${[
    sample.at,
    sample.seconds,
    sample.cpus,
    sample.memoryBytes,
    sample.networkIn,
    sample.networkOut,
    sample.diskRead,
    sample.diskWritten,
    sample.gpus,
    sample.gpuMemoryBytes,
  ]
    .map((value) => (value === null ? '-' : String(Math.round(value * 1000) / 1000)))
    .join(' ')}\n`;

function sampleOf(line: string): UsageSample | null {
  const values = line.split(' ').map((text) => (text === '-' ? null : Number(text)));
  const [at, seconds, cpus, memoryBytes, networkIn, networkOut, diskRead, diskWritten, gpus, gpuMemoryBytes] = values;
  if (values.length !== 10 || values.some((value) => value !== null && !Number.isFinite(value))) return null;
  if (typeof at !== 'number' || typeof seconds !== 'number' || typeof cpus !== 'number' || typeof memoryBytes !== 'number')
    return null;
  const known = (value: number | null | undefined): number | null => value ?? null;
  return {
    at,
    seconds,
    cpus,
    memoryBytes,
    networkIn: known(networkIn),
    networkOut: known(networkOut),
    diskRead: known(diskRead),
    diskWritten: known(diskWritten),
    gpus: known(gpus),
    gpuMemoryBytes: known(gpuMemoryBytes),
  };
}

/** What is kept of a job; empty when there is nothing, or nothing that can be read. */
export async function readUsage(path: string): Promise<UsageSeries> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.slice(0, mostBytes).split('\n').slice(0, -1);
  const interval = Number(lines[0]?.startsWith(`${magic} `) ? lines[0].slice(magic.length + 1) : Number.NaN);
  if (!(interval > 0)) return emptySeries;
  const samples = lines
    .slice(1)
    .map(sampleOf)
    .filter((sample) => sample !== null);
  return withAtMost({ interval, samples }, mostSamples);
}

/** Whole or not at all. */
export async function writeUsage(path: string, { interval, samples }: UsageSeries): Promise<void> {
  await writeFile(`${path}.new`, head(interval) + samples.map(lineOf).join(''), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export const appendUsage = (path: string, samples: readonly UsageSample[]): Promise<void> =>
  appendFile(path, samples.map(lineOf).join(''), { mode: 0o600 });

export const removeUsage = (path: string): Promise<void> => rm(path, { force: true });
