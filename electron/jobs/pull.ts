import type { PullProgress } from '#shared/contract/engines.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import type { Engine, ImageFacts } from '../engines/engine.ts';
import type { TellStep } from '../services.ts';

/** An engine tells of every few kilobytes; a person needs a number twice a second. */
const tellMilliseconds = 500;

/**
 * Pulls the image of a job, telling how far it is.
 * @throws `pull-failed` naming the image, with the registry's words; `cancelled`; those of the engine
 */
export async function pullForJob(
  engine: Engine,
  image: string,
  { signal, tell }: { signal: AbortSignal; tell: TellStep },
): Promise<void> {
  let text = `Pulling ${image}`;
  let part: number | undefined;
  const say = (): void => tell(text, { at: 'image', ...(part !== undefined && { part }) });
  say();
  const timer = setInterval(() => {
    if (!signal.aborted) say();
  }, tellMilliseconds);
  try {
    for await (const progress of engine.pull(image, { signal })) {
      text = pullText(image, progress);
      part = progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : undefined;
    }
  } catch (error) {
    if (!isStowageError(error, 'pull-failed')) throw error;
    const words = error.data.detail ?? error.message;
    const message = `The image “${image}” is not on this machine and could not be pulled: ${words}`;
    throw new StowageError('pull-failed', message, error.data, { cause: error });
  } finally {
    clearInterval(timer);
  }
}

/** The facts of an image, which is pulled where the engine lacks it. @throws as `pullForJob` */
export async function imageForJob(
  engine: Engine,
  image: string,
  options: { signal: AbortSignal; tell: TellStep },
): Promise<ImageFacts> {
  try {
    return await engine.inspectImage(image);
  } catch (error) {
    if (!isStowageError(error, 'image-missing')) throw error;
    await pullForJob(engine, image, options);
    return engine.inspectImage(image);
  }
}

/** E.g. “Pulling python:3.13 · 120 of 340 MB”; the total grows until every layer has told its size. */
export function pullText(image: string, { message, doneBytes, totalBytes }: PullProgress): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
  if (totalBytes === 0) return `Pulling ${image}`;
  if (/: (Extracting|Pull complete)/.test(message)) return `Pulling ${image} · unpacking ${megabytes(totalBytes)} MB`;
  return `Pulling ${image} · ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`;
}
