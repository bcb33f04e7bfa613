import { Readable } from 'node:stream';
import { browserHost } from '#shared/bridge.ts';
import { answerPreview } from '../previews/answer.ts';
import type { FileBodies } from '../services.ts';

/** Answers a request of the page for what a preview shows; 404 when its ticket has lapsed or the file is another. */
export async function servePreview(core: FileBodies, path: string, request: Request): Promise<Response> {
  const ticket = path.slice(browserHost.previewPath.length + 1);
  try {
    const { status, headers, body } = await answerPreview(core, ticket, request.headers.get('range'));
    // The page may go away in the middle: the source ends with the stream.
    const stream = Readable.toWeb(
      Readable.from(body, { objectMode: false, highWaterMark: 256 * 1024 }),
    ) as ReadableStream<Uint8Array>;
    return new Response(stream, { status, headers });
  } catch {
    // An element that shows a picture takes no message; opening the file again tells it.
    return new Response(null, { status: 404 });
  }
}
