import { browserHost } from '#shared/bridge.ts';
import type { PreviewContent, previewsContract } from '#shared/contract/previews.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName } from '#shared/paths.ts';
import { packedReader } from '../packing/packed-reader.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { createMediaTickets, type MediaTickets } from './media.ts';
import type { Opened } from './open.ts';
import { openPreviewFile, type PreviewFile, rangesOf } from './preview-file.ts';
import { createPreviewThreads } from './preview-thread.ts';
import { readText } from './text.ts';

export interface Previews {
  readonly service: Service<typeof previewsContract>;
  readonly openMedia: MediaTickets['open'];
  close(): Promise<void>;
}

/** Looks into files through the storage interface; see shared/contract/previews.ts. Formats are read in threads. */
export function createPreviews({ lookup, deadlineMs }: { lookup: VfolderLookup; deadlineMs?: number }): Previews {
  const reading: VfolderLookup = {
    ...lookup,
    resolve: (name, path) => {
      const place = lookup.resolve(name, path);
      return { ...place, provider: packedReader(place.provider) };
    },
  };
  const threads = createPreviewThreads(deadlineMs);
  const media = createMediaTickets(reading);

  const withAddress = (place: ResolvedPlace, file: PreviewFile, content: PreviewContent): PreviewContent => {
    if (content.kind !== 'image' && content.kind !== 'audio' && content.kind !== 'video') return content;
    const { contentType } = content;
    const ticket = media.issue({ vfolder: place.vfolder.name, path: place.inner, etag: file.etag, size: file.size, contentType });
    return { ...content, url: `${browserHost.previewPath}/${ticket}` };
  };

  return {
    openMedia: media.open,
    close: threads.close,
    service: {
      open: async ({ vfolder, path, as }, { signal }) => {
        const place = reading.resolve(vfolder, path);
        const file = await openPreviewFile(place, signal);
        const name = baseName(place.inner);
        const opened = await threads.run({ type: 'open', size: file.size, name, as }, file, signal).catch(asBytes);
        return {
          etag: file.etag,
          size: file.size,
          note: opened.note,
          content: withAddress(place, file, opened.content),
        };
      },
      rows: async ({ vfolder, path, etag, offset, dialect, columns }, { signal }) => {
        const place = reading.resolve(vfolder, path);
        const source = await versionOf(place, etag, signal);
        const job = { type: 'rows', size: source.size, dialect, offset, columns } as const;
        return threads.run(job, source, signal).catch((error: unknown) => {
          if (!(error instanceof NotShown)) throw error;
          throw new StowageError('unsupported', error.message, { subject: place.inner });
        });
      },
      text: async ({ vfolder, path, etag, offset, encoding }, { signal }) =>
        readText(await versionOf(reading.resolve(vfolder, path), etag, signal), encoding, offset),
      bytes: async ({ vfolder, path, etag, offset, length }, { signal }) => {
        const source = await versionOf(reading.resolve(vfolder, path), etag, signal);
        return { base64: Buffer.from(await source.read(offset, length)).toString('base64') };
      },
    },
  };
}

function asBytes(error: unknown): Opened {
  if (!(error instanceof NotShown)) throw error;
  return { content: { kind: 'hex' }, note: error.message };
}

/** The file as it was opened. @throws `precondition-failed` when it is another by now */
async function versionOf(place: ResolvedPlace, etag: string, signal: AbortSignal | undefined): Promise<ByteSource> {
  const { entry, body } = await place.provider.read(place.path, { length: 0, ...(etag && { etag }), ...(signal && { signal }) });
  await body[Symbol.asyncIterator]().return?.();
  return rangesOf(place, etag, entry.size, signal);
}
