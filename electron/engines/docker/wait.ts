import type Docker from 'dockerode';

const known = { 200: true, 400: 'bad parameter', 404: 'no such container', 500: 'server error' };

/**
 * Resolves when a container does not run, or when an engine that is being stopped says so of no container any more: look
 * at it then. The engine begins its answer at once and ends it with the container; the client's own `wait` never hears of
 * an answer that breaks off, so it is read here. @throws a connection error when it does
 */
export async function untilNotRunning(docker: Docker, reference: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${reference}/wait?`,
        method: 'POST',
        isStream: true,
        statusCodes: known,
        options: { condition: 'not-running' },
        ...(signal && { abortSignal: signal }),
      },
      (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as AsyncIterable<Uint8Array>)),
    );
  });
  for await (const _piece of answer);
}
