import { readRange } from '../http-range.ts';
import type { FileBodies } from '../services.ts';
import { securityHeaders } from '../static-app.ts';

/** The answer to a request for what a preview shows, the same in both shells. */
export interface PreviewAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Must be consumed or returned; a failure in the middle has to cut the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Opened as a page of its own, an SVG may draw but neither run nor load anything. */
const drawingPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox; frame-ancestors 'none'";

/** Serves the file of a preview ticket in place, with its type from the fixed list. @throws as FileBodies.openPreview */
export async function answerPreview(
  { openPreview }: Pick<FileBodies, 'openPreview'>,
  ticket: string,
  rangeHeader: string | null | undefined,
): Promise<PreviewAnswer> {
  const { contentType, size, range, body } = await openPreview(ticket, readRange(rangeHeader));
  const length = range ? range.end - range.start + 1 : size;
  return {
    status: range ? 206 : 200,
    headers: {
      ...securityHeaders,
      'content-security-policy': drawingPolicy,
      'cache-control': 'no-store',
      'content-type': contentType,
      'content-disposition': 'inline',
      'accept-ranges': 'bytes',
      ...(length !== null && { 'content-length': String(length) }),
      ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size ?? '*'}` }),
    },
    body,
  };
}
