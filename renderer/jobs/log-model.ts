import type { LogChunk } from '#shared/contract/jobs.ts';
import { applySgr, plainStyle, sameStyle, type TextStyle } from './ansi.ts';

export type LogStream = LogChunk['stream'];

/** A stretch of text of one style. */
export interface LogRun {
  readonly text: string;
  readonly style: TextStyle;
}

export interface LogLine {
  /** Stable while the line is kept; grows with its place in the log. */
  readonly key: number;
  /** Byte of the log at which it begins. */
  readonly offset: number;
  readonly time: number;
  readonly stream: LogStream;
  runs: readonly LogRun[];
}

export interface LogLimits {
  readonly maxLines: number;
  /** Longer lines are broken, so that one endless line cannot fill the memory or the screen. */
  readonly maxLineLength: number;
  /** Characters of all lines together. */
  readonly maxCharacters: number;
}

export const defaultLimits: LogLimits = { maxLines: 50_000, maxLineLength: 8_192, maxCharacters: 24_000_000 };

/** What a line says, without its colours. */
export const lineText = (line: LogLine): string => {
  const [first, ...rest] = line.runs;
  if (!first) return '';
  return rest.length === 0 ? first.text : line.runs.map((run) => run.text).join('');
};

/** Characters of the runs together. */
const lengthOf = (runs: readonly LogRun[]): number => runs.reduce((sum, run) => sum + run.text.length, 0);

/** The part of the runs between two columns. */
function cut(runs: readonly LogRun[], from: number, to: number): LogRun[] {
  const kept: LogRun[] = [];
  let column = 0;
  for (const run of runs) {
    const text = run.text.slice(Math.max(0, from - column), Math.max(0, to - column));
    if (text !== '') kept.push({ text, style: run.style });
    column += run.text.length;
  }
  return kept;
}

/** Joins neighbours of one style. */
function push(runs: LogRun[], run: LogRun): LogRun[] {
  const last = runs.at(-1);
  if (last && sameStyle(last.style, run.style)) runs[runs.length - 1] = { text: last.text + run.text, style: last.style };
  else if (run.text !== '') runs.push(run);
  return runs;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += unit >= 0x800 ? (unit >= 0xd800 && unit <= 0xdfff ? 1 : 2) : 1;
  }
  return bytes;
}

/** The rest of a text after its first `bytes` bytes of UTF-8. */
function afterBytes(text: string, bytes: number): string {
  let at = 0;
  for (let passed = 0; at < text.length && passed < bytes; ) {
    const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
    passed += byteLength(sign);
    at += sign.length;
  }
  return text.slice(at);
}

/** The part of the chunks from byte `from` up to byte `to`. */
export function clipChunks(chunks: readonly LogChunk[], from: number, to: number): LogChunk[] {
  const kept: LogChunk[] = [];
  for (const chunk of chunks) {
    const length = byteLength(chunk.text);
    if (chunk.offset + length <= from || chunk.offset >= to) continue;
    let { text } = chunk;
    if (chunk.offset + length > to) text = text.slice(0, text.length - afterBytes(text, to - chunk.offset).length);
    const skipped = Math.max(0, from - chunk.offset);
    kept.push({ ...chunk, offset: chunk.offset + skipped, text: skipped > 0 ? afterBytes(text, skipped) : text });
  }
  return kept;
}

/** Plain text, a control sequence, or one control character. Group 1: parameters, 2: final byte of a CSI. */
// The middle alternatives are OSC and DCS strings (titles, links), other escapes, and single controls.
const token =
  /[^\x00-\x08\x0a-\x1f\x7f\x9b]+|\x1b\[([0-9:;<=>?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\`-~]|[\x00-\x1f\x7f\x9b]/gy;
/** An escape sequence that the chunk cuts off. */
const unfinished = /\x1b(?:\[[0-9:;<=>?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?|[ -/]*)$/;

interface OpenLine {
  line: LogLine | null;
  column: number;
  style: TextStyle;
  /** An escape sequence that was cut off, to be read with the next chunk. */
  pending: string;
}

const newOpenLine = (): OpenLine => ({ line: null, column: 0, style: plainStyle, pending: '' });

/**
 * A window on a job's log, as lines for a screen: a bounded run of lines between two bytes of the log. Each stream has
 * its own open line and style, so that a warning on stderr does not tear a progress bar on stdout apart.
 */
export class LogModel {
  readonly #limits: LogLimits;
  #lines: LogLine[] = [];
  #open: Record<LogStream, OpenLine> = { stdout: newOpenLine(), stderr: newOpenLine() };
  #nextKey = 0;
  #firstKey = 0;
  #characters = 0;
  #start: number;
  #end: number;

  /** `start`: the byte of the log at which the window begins. */
  constructor(start = 0, limits: LogLimits = defaultLimits) {
    this.#limits = limits;
    this.#start = start;
    this.#end = start;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** First byte of the window. */
  get start(): number {
    return this.#start;
  }

  /** Byte after the window: where to read on. */
  get end(): number {
    return this.#end;
  }

  /** Adds what follows the window; `next` is where to read on. Drops the oldest lines beyond the limits. */
  append(chunks: readonly LogChunk[], next: number): void {
    for (const chunk of clipChunks(chunks, this.#end, Number.POSITIVE_INFINITY)) this.#write(chunk);
    this.#end = Math.max(this.#end, next);
    this.#dropOldest();
  }

  /** Adds what precedes the window, from byte `from` up to its start. Drops the newest lines beyond the limits. */
  prepend(chunks: readonly LogChunk[], from: number): void {
    const earlier = new LogModel(from, {
      ...this.#limits,
      maxLines: Number.POSITIVE_INFINITY,
      maxCharacters: Number.POSITIVE_INFINITY,
    });
    earlier.append(clipChunks(chunks, from, this.#start), this.#start);
    const lines = earlier.#lines;
    this.#firstKey -= lines.length;
    const first = this.#firstKey;
    this.#lines = [...lines.map((line, index) => ({ ...line, key: first + index })), ...this.#lines];
    this.#characters += earlier.#characters;
    this.#start = from;
    this.#dropNewest();
  }

  /**
   * Forgets the first line when the window begins inside it. Called once after the first page of a window that was
   * opened in the middle of a log.
   */
  trimTornLine(): void {
    const second = this.#lines[1];
    if (this.#start === 0 || !second) return;
    const [torn] = this.#lines.splice(0, 1);
    if (torn) this.#characters -= lengthOf(torn.runs);
    this.#firstKey = second.key;
    this.#start = second.offset;
  }

  #write(chunk: LogChunk): void {
    const open = this.#open[chunk.stream];
    let offset = chunk.offset - open.pending.length;
    let text = open.pending + chunk.text;
    open.pending = '';
    const cutOff = unfinished.exec(text.slice(-5000))?.[0];
    if (cutOff) {
      open.pending = cutOff;
      text = text.slice(0, -cutOff.length);
    }
    token.lastIndex = 0;
    for (let match = token.exec(text); match; match = token.exec(text)) {
      this.#take(open, match, { ...chunk, offset });
      offset += byteLength(match[0]);
    }
  }

  #take(open: OpenLine, match: RegExpExecArray, chunk: LogChunk): void {
    const [whole, parameters, final] = match;
    if (final !== undefined) this.#control(open, parameters ?? '', final);
    else if (whole === '\n') {
      this.#lineFor(open, chunk);
      open.line = null;
      open.column = 0;
    } else if (whole === '\r') open.column = 0;
    else if (whole === '\b') open.column = Math.max(0, open.column - 1);
    else if (whole.charCodeAt(0) >= 0x20 || whole.startsWith('\t')) this.#print(open, whole, chunk);
  }

  /** Cursor moves within a line and erasing in it; what moves between lines is left out. */
  #control(open: OpenLine, parameters: string, final: string): void {
    const count = Math.min(Number.parseInt(parameters, 10) || 0, this.#limits.maxLineLength);
    switch (final) {
      case 'm':
        if (/^[\d;:]*$/.test(parameters)) open.style = applySgr(open.style, parameters);
        break;
      case 'K':
        this.#erase(open, count);
        break;
      case 'G':
        open.column = Math.max(0, count - 1);
        break;
      case 'C':
        open.column += Math.max(1, count);
        break;
      case 'D':
        open.column = Math.max(0, open.column - Math.max(1, count));
        break;
      default:
    }
  }

  #erase(open: OpenLine, part: number): void {
    if (!open.line) return;
    const before = lengthOf(open.line.runs);
    const spaces = { text: ' '.repeat(Math.min(open.column, before)), style: plainStyle };
    if (part === 0) open.line.runs = cut(open.line.runs, 0, open.column);
    else if (part === 1)
      open.line.runs = push([spaces], { text: '', style: plainStyle }).concat(cut(open.line.runs, open.column, before));
    else open.line.runs = [];
    this.#characters += lengthOf(open.line.runs) - before;
  }

  #print(open: OpenLine, text: string, chunk: LogChunk): void {
    let rest = text;
    let offset = chunk.offset;
    while (rest !== '') {
      const room = this.#limits.maxLineLength - open.column;
      if (room <= 0) {
        open.line = null;
        open.column = 0;
        continue;
      }
      const part = rest.slice(0, room);
      this.#put(open, part, { ...chunk, offset });
      offset += part.length === rest.length ? 0 : byteLength(part);
      rest = rest.slice(part.length);
    }
  }

  #put(open: OpenLine, text: string, chunk: LogChunk): void {
    const line = this.#lineFor(open, chunk);
    const length = lengthOf(line.runs);
    const runs = open.column >= length ? [...line.runs] : cut(line.runs, 0, open.column);
    if (open.column > length) push(runs, { text: ' '.repeat(open.column - length), style: plainStyle });
    push(runs, { text, style: open.style });
    open.column += text.length;
    for (const run of open.column < length ? cut(line.runs, open.column, length) : []) push(runs, run);
    line.runs = runs;
    this.#characters += Math.max(length, open.column) - length;
  }

  #lineFor(open: OpenLine, chunk: LogChunk): LogLine {
    if (open.line) return open.line;
    const line: LogLine = { key: this.#nextKey, offset: chunk.offset, time: chunk.time, stream: chunk.stream, runs: [] };
    this.#nextKey += 1;
    this.#lines.push(line);
    open.line = line;
    return line;
  }

  #dropOldest(): void {
    const { maxLines, maxCharacters } = this.#limits;
    let drop = 0;
    while (drop < this.#lines.length - 1 && (this.#lines.length - drop > maxLines || this.#characters > maxCharacters)) {
      this.#characters -= lengthOf(this.#lines[drop]?.runs ?? []);
      drop += 1;
    }
    if (drop === 0) return;
    this.#lines.splice(0, drop);
    const first = this.#lines[0];
    if (!first) return;
    this.#start = first.offset;
    this.#firstKey = first.key;
    for (const open of Object.values(this.#open)) if (open.line && open.line.key < first.key) open.line = null;
  }

  #dropNewest(): void {
    const { maxLines, maxCharacters } = this.#limits;
    let keep = this.#lines.length;
    while (keep > 1 && (keep > maxLines || this.#characters > maxCharacters)) {
      keep -= 1;
      this.#characters -= lengthOf(this.#lines[keep]?.runs ?? []);
    }
    const firstDropped = this.#lines[keep];
    if (!firstDropped) return;
    this.#lines.length = keep;
    this.#end = firstDropped.offset;
    this.#nextKey = firstDropped.key;
    this.#open = { stdout: newOpenLine(), stderr: newOpenLine() };
  }
}
