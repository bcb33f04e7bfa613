import { StowageError } from '#shared/errors.ts';

/** A name with its tag or digest, or an id: what an engine takes for one, more loosely. */
const imageName = /^[\w[][\w.:@[\]+-]*(\/[\w][\w.:@+-]*)*$/;

/**
 * The name of an image as it may stand in a path of the engine's API: `..` and `//` would lead to another one, or to
 * another host.
 * @throws `image-missing`
 */
export function checkImageName(reference: string): string {
  if (imageName.test(reference)) return reference;
  throw new StowageError('image-missing', `“${reference}” is not the name of an image.`, {
    subject: reference,
    hint: 'Write it as name:tag, such as python:3.13-slim.',
  });
}
