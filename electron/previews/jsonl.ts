import type { PreviewContent, PreviewRows, TableDialect } from '#shared/contract/previews.ts';
import { decodeText } from '../text-encoding.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { cellOf, cutCell, guessColumn } from './cells.ts';
import { maxColumns, maxRecordBytes, pageRows } from './limits.ts';
import type { TextForm } from './text.ts';

const windowBytes = 128 * 1024;
/** The column of lines that are no objects. */
const valueColumn = 'value';

/** Lines of JSON: the columns are the keys of the first page. @throws NotShown when the first lines are no JSON */
export async function openJsonl(source: ByteSource, form: TextForm): Promise<PreviewContent> {
  if (form.encoding !== 'utf-8') throw new NotShown('JSON lines are UTF-8; this file is shown as text.');
  const { lines, next } = await readLines(source, form.bom);
  const values = lines.map(parse);
  if (!values.some((value) => value.ok)) throw new NotShown('The first lines are no JSON, so the file is shown as text.');
  const keys = new Set<string>();
  for (const { value } of values) for (const key of isRecord(value) ? Object.keys(value) : [valueColumn]) keys.add(key);
  const names = [...keys].slice(0, maxColumns).map(cutCell);
  const rows = values.map(({ value }) => rowOf(value, names));
  const dialect: TableDialect = { format: 'jsonl', delimiter: '', encoding: form.encoding };
  const columns = names.map((name, at) => guessColumn(name, rows, at));
  return { kind: 'table', dialect, columns, columnCount: keys.size, rows, next, total: next === null ? rows.length : null };
}

export async function readJsonlRows(source: ByteSource, offset: number, columns: readonly string[]): Promise<PreviewRows> {
  const { lines, next } = await readLines(source, offset);
  return { rows: lines.map((line) => rowOf(parse(line).value, columns)), next };
}

/** A line that is no JSON is shown as it is. */
function parse(line: string): { ok: boolean; value: unknown } {
  try {
    return { ok: true, value: JSON.parse(line) };
  } catch {
    return { ok: false, value: line };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function rowOf(value: unknown, columns: readonly string[]): (string | null)[] {
  if (isRecord(value)) return columns.map((name) => (Object.hasOwn(value, name) ? cellOf(value[name]) : null));
  const at = Math.max(0, columns.indexOf(valueColumn));
  return columns.map((_, index) => (index === at ? cellOf(value) : null));
}

async function readLines(source: ByteSource, offset: number): Promise<{ lines: string[]; next: number | null }> {
  for (let length = windowBytes; ; length *= 2) {
    const bytes = await source.read(offset, length);
    const atEnd = offset + bytes.length >= source.size;
    const lines: string[] = [];
    let start = 0;
    while (start < bytes.length && lines.length < pageRows) {
      const found = bytes.indexOf(10, start);
      if (found < 0 && !atEnd) break;
      const end = found < 0 ? bytes.length : found;
      const line = decodeText(bytes.subarray(start, end), 'utf-8').trim();
      if (line !== '') lines.push(line);
      start = found < 0 ? end : end + 1;
    }
    if (start > 0 || atEnd) return { lines, next: offset + start < source.size ? offset + start : null };
    if (length >= maxRecordBytes) throw new NotShown('A line of this file is longer than 1 MiB, so it is shown as text.');
  }
}
