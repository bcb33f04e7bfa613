import { once } from 'node:events';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

/** How a command speaks: tables for people, JSON for programs. */
export interface Output {
  readonly json: boolean;
  /** Prints one result: `value` as JSON, or `text` made from it. */
  result<T>(value: T, text: (value: T) => string): void;
  /** Prints many as they come, a line or an element of one JSON array each, as fast as they are read. */
  list<T>(items: AsyncIterable<T>, value: (item: T) => unknown, text: (item: T) => string): Promise<void>;
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
    list: async (items, value, text) => {
      let first = true;
      for await (const item of items) {
        await print(process.stdout, json ? `${first ? '[' : ','}\n${JSON.stringify(value(item))}` : `${text(item)}\n`);
        first = false;
      }
      if (json) await print(process.stdout, first ? '[]\n' : '\n]\n');
    },
    progress: (line) => {
      // A line that wraps could not be overwritten.
      if (terminal) process.stderr.write(`\r\x1b[2K${cut(line ?? '', (process.stderr.columns || 80) - 1)}`);
    },
  };
}

/** Writes when the reader has taken what came before. */
export async function print(stream: NodeJS.WriteStream, chunk: string | Uint8Array): Promise<void> {
  // Nobody reads any more: what follows is dropped, and the command is being ended.
  if (stream.errored || !stream.writable) return;
  if (!stream.write(chunk)) await once(stream, 'drain').catch(() => {});
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text;

/** A cell of a table: text, a number, or bytes that are written as a size (null: none). Numbers and sizes stand right. */
export type Cell = string | number | { readonly bytes: number | null };

/** Columns aligned by their widest cell. Names are made visible, so no name can move the cursor. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => displayWidth(row[column] ?? ''))));
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] !== 'string'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return right[column] ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [line(head), ...cells.map(line)].join('\n');
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return visible(cell);
  if (typeof cell === 'number') return String(cell);
  return cell.bytes === null ? '' : size(cell.bytes);
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes on a terminal: East Asian letters take two, marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += /\p{M}/u.test(letter) ? 0 : wide.test(letter) ? 2 : 1;
  return width;
}

/** Says what happened, and what to do, on stderr. */
export function printError(error: StowageError, json: boolean): void {
  if (json) {
    const { code, message, action, retryable, data } = error;
    process.stderr.write(`${JSON.stringify({ error: { code, message, action, retryable, ...data } })}\n`);
    return;
  }
  const { hint } = error.data;
  const detail = detailOf(error);
  const lines = [`stowage: ${error.message}`, ...(hint ? [`  ${hint}`] : []), ...(detail ? [`  (${detail})`] : [])];
  process.stderr.write(
    `${lines
      .flatMap((line) => line.split('\n'))
      .map(visible)
      .join('\n')}\n`,
  );
}

/** The technical detail where it tells more than the message: not the message again, nor a system's code for it. */
function detailOf({ code, message, data: { detail } }: StowageError): string | undefined {
  if (!detail || message.includes(detail)) return undefined;
  return /^E[A-Z]+: /.test(detail) && code !== 'internal' && code !== 'io-error' ? undefined : detail;
}

/** A number from the command line. @throws StowageError `bad-request` that calls it what it should be */
export function parseId(text: string, what: string): number {
  const id = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id) || id < 1)
    throw new StowageError('bad-request', `“${text}” is not the number of a ${what}.`, {
      subject: text,
      hint: `See: stowage ${what} list`,
    });
  return id;
}

export const time = (milliseconds: number | null): string =>
  milliseconds === null ? '' : new Date(milliseconds).toISOString().replace('T', ' ').slice(0, 19);

/** `1 file`, `12 files`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

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
