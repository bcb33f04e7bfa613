import Papa from 'papaparse';
import type { PreviewContent, PreviewRows, TableDialect } from '#shared/contract/previews.ts';
import { decodeText } from '../text-encoding.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { cutCell, cutRow, guessColumn } from './cells.ts';
import { maxColumns, maxRecordBytes, pageRows } from './limits.ts';
import type { TextForm } from './text.ts';

const newline = 10;
const carriageReturn = 13;
const quote = 34;
const windowBytes = 128 * 1024;

/** @throws NotShown when it is no table of several records or columns that the reader would know as one */
export async function openCsv(source: ByteSource, name: string, form: TextForm): Promise<PreviewContent> {
  if (form.encoding.startsWith('utf-16')) throw new NotShown('A table in UTF-16 is shown as text.');
  const sample = decodeText(await source.read(form.bom, 64 * 1024), form.encoding);
  const delimiter = /\.tsv$/i.test(name) ? '\t' : delimiterOf(sample);
  const dialect: TableDialect = { format: 'csv', delimiter, encoding: form.encoding };
  const first = await readRecords(source, dialect, form.bom);
  const head = first.rows[0] ?? [];
  const named = isHeader(head, first.rows[1]);
  const data = named ? first.rows.slice(1) : first.rows;
  const columnCount = first.rows.reduce((most, row) => Math.max(most, row.length), 0);
  const rows = data.map(cutRow);
  const columns = Array.from({ length: Math.min(columnCount, maxColumns) }, (_, at) =>
    guessColumn((named && cutCell(head[at] ?? '')) || `Column ${at + 1}`, rows, at),
  );
  return {
    kind: 'table',
    dialect,
    columns,
    columnCount,
    rows,
    next: first.next,
    total: first.next === null ? rows.length : null,
  };
}

export async function readCsvRows(source: ByteSource, dialect: TableDialect, offset: number): Promise<PreviewRows> {
  const { rows, next } = await readRecords(source, dialect, offset);
  return { rows: rows.map(cutRow), next };
}

function delimiterOf(sample: string): string {
  const { meta } = Papa.parse(sample, { preview: 30, skipEmptyLines: true, delimitersToGuess: [',', '\t', ';', '|'] });
  return meta.delimiter.length === 1 ? meta.delimiter : ',';
}

/** Names of columns: all there, none twice, none a number, and not alone. */
function isHeader(head: readonly string[], second: readonly string[] | undefined): boolean {
  const names = head.map((cell) => cell.trim());
  if (second === undefined && names.length < 2) return false;
  return new Set(names).size === names.length && names.every((cell) => cell !== '' && !/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(cell));
}

/** The records from a byte offset on, which one begins at. */
async function readRecords(
  source: ByteSource,
  dialect: TableDialect,
  offset: number,
): Promise<{ rows: string[][]; next: number | null }> {
  for (let length = windowBytes; ; length *= 2) {
    const bytes = await source.read(offset, length);
    const atEnd = offset + bytes.length >= source.size;
    const end = endOfRecords(bytes, dialect.delimiter.charCodeAt(0), atEnd);
    if (end > 0 || atEnd) {
      const text = decodeText(bytes.subarray(0, end), dialect.encoding);
      const { data } = Papa.parse<string[]>(text, { delimiter: dialect.delimiter, skipEmptyLines: true });
      const next = offset + end;
      return { rows: data, next: next < source.size && end > 0 ? next : null };
    }
    if (length >= maxRecordBytes) throw new NotShown('A record of this table is longer than 1 MiB, so it is shown as text.');
  }
}

/**
 * Where the last whole record of the first `pageRows` ends. Quotes count at the beginning of a cell only, as in
 * RFC 4180; in UTF-8 and the one-byte encodings the signs are the bytes.
 */
function endOfRecords(bytes: Uint8Array, delimiter: number, atEnd: boolean): number {
  let end = 0;
  let records = 0;
  let quoted = false;
  let cellBegins = true;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === quote) {
        if (bytes[at + 1] === quote) at += 1;
        else quoted = false;
      }
      continue;
    }
    if (byte === quote && cellBegins) quoted = true;
    cellBegins = byte === delimiter;
    if (byte === newline || (byte === carriageReturn && bytes[at + 1] !== newline && at + 1 < bytes.length)) {
      cellBegins = true;
      end = at + 1;
      records += 1;
      if (records >= pageRows) return end;
    }
  }
  return atEnd ? bytes.length : end;
}
