import { maxEditBytes, type PreviewContent, type PreviewRows, type TableDialect } from '#shared/contract/previews.ts';
import { assertNever } from '#shared/errors.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { openCsv, readCsvRows } from './csv.ts';
import { formatJson } from './json.ts';
import { openJsonl, readJsonlRows } from './jsonl.ts';
import { headBytes, maxImageBytes, maxImagePixels, maxSvgBytes } from './limits.ts';
import { mediaTypeOf } from './media-types.ts';
import { isNpy, openNpy } from './npy.ts';
import { isParquet, openParquet, readParquetRows } from './parquet.ts';
import { isTar, openTar } from './tar.ts';
import { looksLikeSafetensors, openSafetensors } from './tensors.ts';
import { openText, type TextForm, textFormOf } from './text.ts';
import { isZip, openZip } from './zip.ts';

/** What a file turned out to be. Media have no address yet: that is the service's to give. */
export interface Opened {
  readonly content: PreviewContent;
  /** Why it is not shown as its name promises. */
  readonly note: string | null;
}

export type ShownAs = 'text' | 'hex' | undefined;

/**
 * Tells what a file is by its first bytes, then by its name, and reads its beginning. What cannot be read as that is shown
 * as text or as bytes, with the reason. @throws what `source` throws, NotShown excepted
 */
export async function openContent(source: ByteSource, name: string, as: ShownAs): Promise<Opened> {
  if (source.size === 0) return { content: { kind: 'empty' }, note: null };
  const head = await source.read(0, headBytes);
  const form = as === 'hex' ? null : textFormOf(head, head.length >= source.size);
  if (as === 'hex') return { content: { kind: 'hex' }, note: null };
  if (as === 'text') return form ? { content: await asText(source, form, name), note: null } : asBytes('This is no text.');
  try {
    const content = (await asBinary(source, head, name)) ?? (form && (await asTable(source, form, name)));
    if (content) return { content, note: null };
  } catch (error) {
    if (!(error instanceof NotShown)) throw error;
    return form ? { content: await asText(source, form, name), note: error.message } : asBytes(error.message);
  }
  return form ? { content: await asText(source, form, name), note: null } : asBytes(null);
}

const asBytes = (note: string | null): Opened => ({ content: { kind: 'hex' }, note });

/** Null when it is none of the formats that are known by their bytes. */
async function asBinary(source: ByteSource, head: Uint8Array, name: string): Promise<PreviewContent | null> {
  if (isParquet(head)) return openParquet(source);
  if (isNpy(head)) return openNpy(source);
  if (isZip(head)) return openZip(source, /\.npz$/i.test(name));
  if (isTar(head)) return openTar(source);
  if (/\.safetensors$/i.test(name) || looksLikeSafetensors(head)) return openSafetensors(source);
  return asMedia(source, head, name);
}

async function asMedia(source: ByteSource, head: Uint8Array, name: string): Promise<PreviewContent | null> {
  let media = mediaTypeOf(head, name);
  if (media?.kind !== 'image') return media && { ...media, url: '' };
  // The size of a photo may stand behind much that is not the picture.
  if (media.contentType === 'image/jpeg' && media.pixels === null)
    media = mediaTypeOf(await source.read(0, 2 * 1024 * 1024), name);
  if (media?.kind !== 'image') return null;
  const { contentType, pixels } = media;
  const most = contentType === 'image/svg+xml' ? maxSvgBytes : maxImageBytes;
  if (source.size > most) throw new NotShown(`Images of more than ${most / 1024 / 1024} MiB are not shown.`);
  if (pixels !== null && pixels > maxImagePixels) throw new NotShown('Images of more than 100 megapixels are not shown.');
  return { kind: 'image', contentType, url: '' };
}

function asTable(source: ByteSource, form: TextForm, name: string): Promise<PreviewContent> | null {
  if (/\.(?:csv|tsv)$/i.test(name)) return openCsv(source, name, form);
  if (/\.(?:jsonl|ndjson)$/i.test(name)) return openJsonl(source, form);
  return null;
}

async function asText(source: ByteSource, form: TextForm, name: string): Promise<PreviewContent> {
  const { lossless, ...part } = await openText(source, form);
  const whole = lossless && source.size <= maxEditBytes;
  const formatted = whole && /\.(?:json|geojson|ipynb|webmanifest)$/i.test(name) ? formatJson(part.text) : null;
  return { kind: 'text', ...part, encoding: form.encoding, bom: form.bom > 0, whole, formatted };
}

/** Rows of a table that `openContent` gave. @throws NotShown */
export function readTableRows(
  source: ByteSource,
  dialect: TableDialect,
  offset: number,
  columns: readonly string[],
): Promise<PreviewRows> {
  switch (dialect.format) {
    case 'csv':
      return readCsvRows(source, dialect, offset);
    case 'jsonl':
      return readJsonlRows(source, offset, columns);
    case 'parquet':
      return readParquetRows(source, offset);
    default:
      return assertNever(dialect.format);
  }
}
