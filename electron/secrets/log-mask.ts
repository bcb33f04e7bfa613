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

/** What is looked for, by its first byte. */
type Patterns = readonly (readonly Buffer[])[];

/** A longer secret is looked for in parts, so that little is held back and comparing takes no time. */
const longestPart = 1024;

function patternsOf(secrets: readonly string[]): Patterns {
  const texts = new Set(secrets.flatMap((secret) => formsOf(secret, shortestMasked)));
  for (const secret of secrets) {
    const lines = secret.split(/\r?\n/);
    if (lines.length > 1) for (const line of lines) if (line.length >= shortestLine) texts.add(line);
  }
  const byFirst: Buffer[][] = Array.from({ length: 256 }, () => []);
  for (const text of texts) for (const part of partsOf(Buffer.from(text))) byFirst[part[0] ?? 0]?.push(part);
  return byFirst;
}

/** The last part reaches back into the one before, so that none is too short. */
function partsOf(bytes: Buffer): Buffer[] {
  if (bytes.length <= longestPart) return [bytes];
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += longestPart)
    parts.push(bytes.subarray(Math.min(at, bytes.length - longestPart), at + longestPart));
  return parts;
}

/** How many bytes from `at` on are those of the pattern, until one differs or either ends. */
function common(pattern: Buffer, raw: Buffer, at: number): number {
  const most = Math.min(pattern.length, raw.length - at);
  let same = 1;
  while (same < most && pattern[same] === raw[at + same]) same += 1;
  return same;
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

const nothing = Buffer.alloc(0);

function createMask(patterns: Patterns | null): Mask {
  /** The end of what came, which may begin a secret: as it came, as it is given, and how much of it was given. */
  let raw: Buffer = nothing;
  let out: Buffer = nothing;
  let given = 0;
  /** Of the pattern that the held bytes begin. */
  let whole = 0;
  if (patterns === null) {
    return {
      push: (bytes) => bytes.map((byte) => (isLineEnd(byte) ? byte : star)),
      held: () => 0,
      release: () => nothing,
    };
  }
  const begins = Uint8Array.from(patterns, (list) => (list.length > 0 ? 1 : 0));
  return {
    push: (bytes) => {
      raw = raw.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([raw, bytes]);
      out = out.length === 0 ? raw : Buffer.concat([out, bytes]);
      const { length } = raw;
      let cut = length;
      for (let at = 0; at < length; at += 1) {
        const byte = raw[at] ?? 0;
        // Most bytes begin nothing: this line decides how fast it is.
        if (begins[byte] === 0) continue;
        for (const pattern of patterns[byte] ?? []) {
          const same = common(pattern, raw, at);
          if (same === pattern.length) {
            // What came is somebody else's.
            if (out === raw) out = Buffer.from(raw);
            cover(out, at, at + same);
          } else if (at + same === length && at < cut) {
            cut = at;
            whole = pattern.length;
          }
        }
      }
      const result = out.subarray(Math.min(given, cut), cut);
      given = Math.max(0, given - cut);
      // Copies: the rest of the output need not stay in memory for them.
      raw = cut === length ? nothing : Buffer.from(raw.subarray(cut));
      out = raw === nothing ? nothing : Buffer.from(out.subarray(cut));
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

/** Lines stay lines. */
function cover(out: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += 1) if (!isLineEnd(out[at] ?? 0)) out[at] = star;
}
