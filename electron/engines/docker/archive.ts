import { Readable } from 'node:stream';
import type Docker from 'dockerode';

/** Unpacks a tar into a folder of a container, which need not have been started. @throws what the archive throws; the engine's errors */
export async function uploadArchive(
  container: Docker.Container,
  path: string,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  let failure: unknown = null;
  const source = Readable.from(archive, { objectMode: false });
  // A source that fails would leave the engine waiting for the rest.
  source.once('error', (error) => {
    failure = error;
    stop.abort();
  });
  try {
    await container.putArchive(source, { path, abortSignal: AbortSignal.any([signal, stop.signal]) } as { path: string });
  } catch (error) {
    throw failure ?? error;
  } finally {
    source.destroy();
  }
}
