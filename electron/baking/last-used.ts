import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeOwnerOnly } from '../rpc/owner-only.ts';

const schema = z.record(z.string(), z.number());

/** When the images of digests were last used, in a file: an engine keeps no such thing, and nothing depends on it. */
export interface LastUsed {
  get(digest: string): number | null;
  /** `known`: the digests that there are; others are forgotten. */
  note(digest: string, known: readonly string[]): void;
}

export function createLastUsed(path: string): LastUsed {
  let times = read(path);
  return {
    get: (digest) => times[digest] ?? null,
    note: (digest, known) => {
      const kept = Object.entries(times).filter(([each]) => known.includes(each));
      times = { ...Object.fromEntries(kept), [digest]: Date.now() };
      writeOwnerOnly(path, JSON.stringify(times));
    },
  };
}

function read(path: string): Record<string, number> {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Absent, or damaged: the times of making are told instead.
    return {};
  }
}
