import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StowageError } from '#shared/errors.ts';
import { readRange } from '../http-range.ts';
import { answerPreview } from '../previews/answer.ts';
import type { FileBodies } from '../services.ts';
import { inertPolicy, securityHeaders } from '../static-app.ts';
import { sendJson } from './answers.ts';

/** PUT of a file's bytes: they flow to the core as fast as it takes them. A sender that goes away aborts the signal. */
export async function receiveBody(
  core: FileBodies,
  at: { id: number; seq: number; offset: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers['content-encoding'] !== undefined) {
    throw new StowageError('bad-request', 'Bodies must come as they are, without an encoding.');
  }
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  // The core ends the iteration when it fails; the connection must stay open for the answer.
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  const { done } = await core.receive(at.id, at.seq, at.offset, body, gone.signal);
  sendJson(response, 200, { done });
}

/** GET of a download: streamed at the reader's pace. A reader that goes away ends the source. */
export async function sendDownload(
  core: FileBodies,
  ticket: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { filename, contentType, size, range, body } = await core.openDownload(ticket, readRange(request.headers.range));
  response.writeHead(range ? 206 : 200, {
    ...securityHeaders,
    'content-security-policy': inertPolicy,
    'cache-control': 'no-store',
    'content-type': contentType,
    'content-disposition': attachment(filename),
    ...(size !== null && { 'accept-ranges': 'bytes', 'content-length': range ? range.end - range.start + 1 : size }),
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size ?? '*'}` }),
  });
  // A failure in the middle breaks the connection, so that the reader cannot take the part for the whole.
  await pipeline(Readable.from(body, { objectMode: false, highWaterMark: 256 * 1024 }), response);
}

/** GET of an image, sound or video that is shown; see previews/answer.ts. */
export async function sendPreview(
  core: FileBodies,
  ticket: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answerPreview(core, ticket, request.headers.range);
  response.writeHead(status, headers);
  await pipeline(Readable.from(body, { objectMode: false, highWaterMark: 256 * 1024 }), response);
}

/** Never shown in place, whatever it is (RFC 6266, RFC 8187). */
function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
