import { StowageError } from '#shared/errors.ts';

/** Bytes of one stream, in the order in which the engine gave them. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

const headerLength = 8;
/** Stream numbers of the engine's format; 3 carries the engine's own complaint. */
const streamNumbers = { stdin: 0, stdout: 1, stderr: 2, complaint: 3 } as const;
const longestComplaint = 64 * 1024;

/**
 * Decodes the engine's multiplexed output: frames of an 8-byte header (stream number, three zero bytes, length as
 * big-endian uint32) and a payload; headers and payloads may be split anywhere. Neighbouring payloads of one stream
 * within a chunk are joined, so that a flood of short lines costs one write a chunk and not one a line. Keeps at most
 * a partial header between chunks.
 */
export class FrameDecoder {
  readonly #header = Buffer.alloc(headerLength);
  #headerFilled = 0;
  #stream = 0;
  #left = 0;
  #complaint = '';

  /** @throws `engine-error` when the bytes are no such stream, or carry the engine's own complaint */
  push(chunk: Uint8Array): Frame[] {
    // Payloads one after the other: neighbours of one stream are one range, and memory stays that of the chunk.
    const payloads = Buffer.allocUnsafe(chunk.length);
    const ranges: { stream: Frame['stream']; from: number; to: number }[] = [];
    let filled = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at += this.#takeHeader(chunk, at);
        continue;
      }
      const length = Math.min(this.#left, chunk.length - at);
      const payload = chunk.subarray(at, at + length);
      at += length;
      this.#left -= length;
      if (this.#stream === streamNumbers.complaint) {
        this.#takeComplaint(payload);
        continue;
      }
      payloads.set(payload, filled);
      const stream = this.#stream === streamNumbers.stderr ? 'stderr' : 'stdout';
      const last = ranges.at(-1);
      if (last?.stream === stream) last.to += length;
      else ranges.push({ stream, from: filled, to: filled + length });
      filled += length;
    }
    return ranges.map(({ stream, from, to }) => ({ stream, bytes: payloads.subarray(from, to) }));
  }

  /** True between frames: an end here is a whole end. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#headerFilled === 0;
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const length = Math.min(headerLength - this.#headerFilled, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + length), this.#headerFilled);
    this.#headerFilled += length;
    if (this.#headerFilled < headerLength) return length;
    this.#headerFilled = 0;
    const [stream = 0, a, b, c] = this.#header;
    if (stream > streamNumbers.complaint || a !== 0 || b !== 0 || c !== 0)
      throw new StowageError('engine-error', 'The container engine sent an output stream that cannot be read.', {
        detail: `frame header ${this.#header.toString('hex')}`,
      });
    this.#stream = stream;
    this.#left = this.#header.readUInt32BE(4);
    return length;
  }

  #takeComplaint(payload: Uint8Array): void {
    if (this.#complaint.length < longestComplaint) this.#complaint += Buffer.from(payload).toString();
    if (this.#left > 0) return;
    throw new StowageError('engine-error', 'The container engine could not give the output of the run.', {
      detail: this.#complaint.trim(),
    });
  }
}

/** Decodes a stream chunk by chunk; a chunk is asked for only when the frames of the one before were taken. */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder();
  for await (const chunk of source) yield* decoder.push(chunk);
}
