import type Docker from 'dockerode';
import type { OutputPosition, OutputSink } from '../engine.ts';
import { demultiplex } from './demuxer.ts';

const longestOpening = 512;

/** Where the output of one run stands: what the sink has, and how the run's first words on stderr read. */
export interface OutputProgress {
  stdout: number;
  stderr: number;
  /** The first bytes of stderr: where the init process says why it could not execute the command. */
  opening: string;
}

/**
 * Gives a stream's frames to the sink, one write at a time, leaving out the first `skip` bytes of each stream.
 * `progress` counts the bytes that the sink took. Ends with the stream.
 */
export async function pump(
  source: AsyncIterable<Uint8Array>,
  sink: OutputSink,
  progress: OutputProgress,
  skip: OutputPosition,
): Promise<void> {
  const left = { stdout: skip.stdout, stderr: skip.stderr };
  for await (const { stream, bytes } of demultiplex(source)) {
    const skipped = Math.min(left[stream], bytes.length);
    left[stream] -= skipped;
    if (skipped === bytes.length) continue;
    const rest = bytes.subarray(skipped);
    if (stream === 'stderr' && progress.opening.length < longestOpening)
      progress.opening += Buffer.from(rest.subarray(0, longestOpening)).toString();
    await sink.write(stream, rest);
    progress[stream] += rest.length;
  }
}

/** The live output of a container that is not started yet: nothing of it can be missed. */
export const attachOutput = async (container: Docker.Container): Promise<AsyncIterable<Uint8Array>> =>
  (await container.attach({ stream: true, stdout: true, stderr: true, hijack: true })) as AsyncIterable<Uint8Array> &
    NodeJS.ReadWriteStream;

/** The output from the beginning, going on until the container ends. */
export const followLog = async (container: Docker.Container): Promise<AsyncIterable<Uint8Array>> =>
  (await container.logs({ follow: true, stdout: true, stderr: true })) as AsyncIterable<Uint8Array> & NodeJS.ReadableStream;
