import type { PreviewColumn, PreviewRows } from '#shared/contract/previews.ts';
import { maxCellChars, maxColumns } from './limits.ts';

type Row = PreviewRows['rows'][number];

/** A cell as it is sent: cut when it is long. */
export const cutCell = (text: string): string =>
  text.length > maxCellChars ? `${text.slice(0, maxCellChars).toWellFormed()}…` : text;

/** A row as it is sent, with no more columns than are shown. */
export const cutRow = (row: readonly (string | null)[]): Row =>
  row.slice(0, maxColumns).map((cell) => (cell === null ? null : cutCell(cell)));

/** Any value of JSON or Parquet as a cell. */
export function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string':
      return cutCell(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      break;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Uint8Array) return cutCell(Buffer.from(value.subarray(0, maxCellChars)).toString('hex'));
  return cutCell(JSON.stringify(value, plain) ?? '');
}

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value.subarray(0, maxCellChars)).toString('hex') : value;
};

const kinds: readonly (readonly [string, RegExp, boolean])[] = [
  ['integer', /^[+-]?\d+$/, true],
  ['number', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?(?:nan|inf(?:inity)?)$/i, true],
  ['boolean', /^(?:true|false)$/i, false],
  ['date', /^\d{4}-\d{2}-\d{2}$/, false],
  ['time', /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/, false],
];

/** What the cells of a column that are not empty have in common, by the rows at hand. */
export function guessColumn(name: string, rows: readonly Row[], at: number): PreviewColumn {
  const cells = rows.map((row) => row[at]?.trim() ?? '').filter((cell) => cell !== '');
  if (cells.length > 0) {
    for (const [type, pattern, numeric] of kinds) {
      if (cells.every((cell) => pattern.test(cell))) return { name, type, numeric };
    }
  }
  return { name, type: 'text', numeric: false };
}
