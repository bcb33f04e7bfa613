import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

/** How a command speaks: tables for people, JSON for programs. */
export interface Output {
  readonly json: boolean;
  /** Prints one result: `value` as JSON, or `text` made from it. */
  result<T>(value: T, text: (value: T) => string): void;
  /** One line that is overwritten, on a terminal only; null takes it away. */
  progress(line: string | null): void;
}

export function createOutput(json: boolean): Output {
  const terminal = process.stderr.isTTY && !json;
  return {
    json,
    result: (value, text) => {
      const printed = json ? JSON.stringify(value, null, 2) : text(value);
      if (printed !== '') process.stdout.write(`${printed}\n`);
    },
    progress: (line) => {
      if (terminal) process.stderr.write(`\r\x1b[2K${line ?? ''}`);
    },
  };
}

/** Columns aligned by their widest cell; numbers to the right. Names are made visible, so no name can move the cursor. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? String(cell) : visible(cell))));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...cells.map(line)].join('\n');
}

/** Says what happened, and what to do, on stderr. */
export function printError(error: StowageError, json: boolean): void {
  if (json) {
    const { code, message, action, retryable, data } = error;
    process.stderr.write(`${JSON.stringify({ error: { code, message, action, retryable, ...data } })}\n`);
    return;
  }
  const { hint, detail } = error.data;
  process.stderr.write(`stowage: ${error.message}\n${hint ? `  ${hint}\n` : ''}${detail ? `  (${detail})\n` : ''}`);
}

export const time = (milliseconds: number | null): string =>
  milliseconds === null ? '' : new Date(milliseconds).toISOString().replace('T', ' ').slice(0, 19);

/** `1.5 GiB`, to three digits. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Bytes of `512m`, `2g`, `1.5GiB` or a plain number, as docker writes sizes; null when it is none. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) return null;
  const power = ' kmgt'.indexOf((match[2] || ' ').toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** power);
}
