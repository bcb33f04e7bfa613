import { shortestMasked } from '#shared/jobs/secret-variables.ts';
import type { OutputSink } from '../engines/engine.ts';
import { formsOf } from './redactor.ts';

/** A line of a secret of several lines is masked by itself from this length on. */
const shortestLine = 8;
/** What may be the beginning of a secret is held back no longer than this. */
const holdMilliseconds = 500;

const star = '*'.charCodeAt(0);
const isLineEnd = (byte: number): boolean => byte === 10 || byte === 13;

type Stream = 'stdout' | 'stderr';

export interface MaskedSink extends OutputSink {
  /** Gives what is held back: no more will come. */
  end(): Promise<void>;
  /** Forgets what is held back: it will be given again, to another. */
  drop(): void;
}

/**
 * The output with secrets masked, byte for byte, so that positions stay those of the engine. A secret that comes in pieces is
 * found as well: what may be its beginning waits for the rest, at most half a second. `secrets` null: they are not known
 * any more, so every character is masked.
 */
export function maskSecrets(sink: OutputSink, secrets: readonly string[] | null): MaskedSink {
  const patterns = secrets === null ? null : patternsOf(secrets);
  const masks = { stdout: createMask(patterns), stderr: createMask(patterns) };
  const timers: Partial<Record<Stream, NodeJS.Timeout>> = {};
  const stop = (stream: Stream): void => {
    clearTimeout(timers[stream]);
    delete timers[stream];
  };
  const give = async (stream: Stream, bytes: Uint8Array): Promise<void> => {
    if (bytes.length > 0) await sink.write(stream, bytes);
  };
  return {
    write: async (stream, bytes) => {
      stop(stream);
      const given = masks[stream].push(bytes);
      if (masks[stream].held() > 0) {
        // A sink that fails says so at its next write.
        timers[stream] = setTimeout(() => void give(stream, masks[stream].release()).catch(() => {}), holdMilliseconds);
      }
      await give(stream, given);
    },
    end: async () => {
      for (const stream of ['stdout', 'stderr'] as const) {
        stop(stream);
        await give(stream, masks[stream].release());
      }
    },
    drop: () => {
      for (const stream of ['stdout', 'stderr'] as const) {
        stop(stream);
        masks[stream].release();
      }
    },
  };
}

interface Pattern {
  readonly bytes: Buffer;
  /** Length of the longest proper prefix that also ends at this place (Knuth, Morris, Pratt). */
  readonly borders: Uint32Array;
}

function patternsOf(secrets: readonly string[]): Pattern[] {
  const texts = new Set(secrets.flatMap((secret) => formsOf(secret, shortestMasked)));
  for (const secret of secrets) {
    const lines = secret.split(/\r?\n/);
    if (lines.length > 1) for (const line of lines) if (line.length >= shortestLine) texts.add(line);
  }
  return [...texts].map((text) => {
    const bytes = Buffer.from(text);
    return { bytes, borders: bordersOf(bytes) };
  });
}

function bordersOf(bytes: Buffer): Uint32Array {
  const borders = new Uint32Array(bytes.length);
  for (let at = 1, border = 0; at < bytes.length; at += 1) {
    while (border > 0 && bytes[at] !== bytes[border]) border = borders[border - 1] ?? 0;
    if (bytes[at] === bytes[border]) border += 1;
    borders[at] = border;
  }
  return borders;
}

/** How many bytes at the end of `raw` begin the pattern without ending it. */
function beginning({ bytes, borders }: Pattern, raw: Buffer): number {
  let matched = 0;
  for (let at = Math.max(0, raw.length - bytes.length + 1); at < raw.length; at += 1) {
    while (matched > 0 && raw[at] !== bytes[matched]) matched = borders[matched - 1] ?? 0;
    if (raw[at] === bytes[matched]) matched += 1;
  }
  return matched;
}

/** Masks one stream. */
interface Mask {
  /** What can be given now. */
  push(bytes: Uint8Array): Uint8Array;
  /** Bytes that are held back. */
  held(): number;
  /** What is held back; what completes it later is masked all the same. */
  release(): Uint8Array;
}

function createMask(patterns: readonly Pattern[] | null): Mask {
  /** The end of what came, which may begin a secret: as it came, as it is given, and how much of it was given. */
  let raw = Buffer.alloc(0);
  let out = Buffer.alloc(0);
  let given = 0;
  /** Of the pattern that the held bytes begin. */
  let whole = 0;
  if (patterns === null) {
    const nothing = new Uint8Array(0);
    return {
      push: (bytes) => bytes.map((byte) => (isLineEnd(byte) ? byte : star)),
      held: () => 0,
      release: () => nothing,
    };
  }
  return {
    push: (bytes) => {
      raw = Buffer.concat([raw, bytes]);
      out = Buffer.concat([out, bytes]);
      for (const pattern of patterns) maskAll(pattern, raw, out);
      let hold = 0;
      for (const pattern of patterns) {
        const length = beginning(pattern, raw);
        if (length <= hold) continue;
        hold = length;
        whole = pattern.bytes.length;
      }
      const cut = raw.length - hold;
      const result = out.subarray(Math.min(given, cut), cut);
      given = Math.max(0, given - cut);
      // Copies: the rest of the output need not stay in memory for them.
      raw = Buffer.from(raw.subarray(cut));
      out = Buffer.from(out.subarray(cut));
      return result;
    },
    held: () => out.length - given,
    release: () => {
      // So much of a secret is one; a few bytes are a word that begins like it.
      if (raw.length >= Math.max(shortestMasked, whole / 2)) cover(out, 0, out.length);
      const result = Buffer.from(out.subarray(given));
      given = out.length;
      return result;
    },
  };
}

/** Masks every occurrence, also where they overlap. */
function maskAll({ bytes, borders }: Pattern, raw: Buffer, out: Buffer): void {
  const period = bytes.length - (borders.at(-1) ?? 0);
  for (let at = raw.indexOf(bytes); at >= 0; at = raw.indexOf(bytes, at + period)) cover(out, at, at + bytes.length);
}

/** Lines stay lines. */
function cover(out: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += 1) if (!isLineEnd(out[at] ?? 0)) out[at] = star;
}
