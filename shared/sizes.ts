const factors: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Bytes from what a person types: `4 GiB`, `512m` (binary, as Docker reads a single letter), `1.5 GB` (decimal), `1024`.
 * Null when it cannot be read or is zero.
 */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const factor = factors[(match?.[2] ?? '').toLowerCase() || 'b'];
  if (!match || factor === undefined) return null;
  const bytes = Math.round(Number(match[1]) * factor);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** Bytes as {@link parseBytes} reads them back exactly, in the largest binary unit that divides them. */
export function writeBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['TiB', 2 ** 40],
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return `${bytes} B`;
}

/** Bytes as {@link parseBytes} reads them back exactly, in decimal units where they divide them, as speeds are written. */
export function writeDecimalBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const) {
    if (bytes >= factor && (bytes * 10) % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return writeBytes(bytes);
}
