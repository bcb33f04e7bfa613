import type Docker from 'dockerode';
import type { PullProgress } from '#shared/contract/engines.ts';
import { StowageError } from '#shared/errors.ts';
import type { DockerClient } from './connection.ts';
import { wordsOf } from './errors.ts';

interface PullEvent {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { current?: number; total?: number };
  readonly error?: string;
  readonly errorDetail?: { message?: string };
}

const newline = 10;

/** Whole lines of a stream as text. Lines are cut in bytes, so a character split between chunks stays whole. */
export async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      parts.push(Buffer.from(chunk.subarray(from, end)));
      yield Buffer.concat(parts).toString();
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(Buffer.from(chunk.subarray(from)));
  }
  if (parts.length > 0) yield Buffer.concat(parts).toString();
}

/** With the tag that is meant when none is given; without one the engine would pull every tag. */
export function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`;
}

/** How the engine words that it did not come through to the registry at all. */
const unreachedWords =
  /dial tcp|no such host|connection refused|network is unreachable|i\/o timeout|TLS handshake timeout|request canceled/i;

function failed(reference: string, words: string, cause?: unknown): StowageError {
  const hint = unreachedWords.test(words)
    ? 'This machine does not reach the registry: check the network, or bring the image from a file (docker load -i FILE).'
    : 'Check the name, and that you may read this image.';
  const message = `The image “${reference}” could not be pulled: ${words.trim()}`;
  return new StowageError('pull-failed', message, { subject: reference, detail: words.trim(), hint }, { cause });
}

/** Pulls an image; the sizes of its layers are summed as they become known. */
export async function* pullImage(
  client: Pick<DockerClient, 'error'>,
  docker: Docker,
  reference: string,
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  const layers = new Map<string, { current: number; total: number }>();
  try {
    const stream = await docker.createImage({ fromImage: withTag(reference), abortSignal: signal });
    for await (const line of lines(stream as AsyncIterable<Uint8Array> & NodeJS.ReadableStream)) {
      if (line.trim() === '') continue;
      const event = JSON.parse(line) as PullEvent;
      const words = event.errorDetail?.message ?? event.error;
      if (words !== undefined) throw failed(reference, words);
      countLayer(layers, event);
      let doneBytes = 0;
      let totalBytes = 0;
      for (const layer of layers.values()) {
        doneBytes += layer.current;
        totalBytes += layer.total;
      }
      yield { message: event.id ? `${event.id}: ${event.status ?? ''}` : (event.status ?? ''), doneBytes, totalBytes };
    }
  } catch (error) {
    if (signal.aborted) throw new StowageError('cancelled', `Pulling “${reference}” was cancelled.`, { subject: reference });
    const known = client.error(error, { image: reference });
    if (['engine-absent', 'engine-permission', 'pull-failed'].includes(known.code)) throw known;
    throw failed(reference, wordsOf(error), error);
  }
}

function countLayer(layers: Map<string, { current: number; total: number }>, { status, id, progressDetail }: PullEvent): void {
  if (id === undefined) return;
  const { current = 0, total = 0 } = progressDetail ?? {};
  if (status === 'Downloading' && total > 0) layers.set(id, { current, total });
  const layer = layers.get(id);
  if (layer && (status === 'Download complete' || status === 'Pull complete')) layer.current = layer.total;
}
