import { parseBytes } from '../sizes.ts';

/** Bytes as Docker and its kin read them: `512m`, `2g`, `12gb`, all binary. Without a unit: `unit` each. */
export function binaryBytes(text: string, unit = 1): number | null {
  const bare = text.trim().replace(/i?b$/i, '');
  const bytes = parseBytes(bare);
  return bytes === null ? null : /^[\d.]+$/.test(bare) ? Math.round(bytes * unit) : bytes;
}

export function positiveNumber(text: string): number | null {
  const value = Number(text);
  return /^\d*\.?\d+$/.test(text.trim()) && value > 0 && value <= 4096 ? value : null;
}

/** Seconds of `90`, `30m`, `2h`, `1d`; null when it cannot be read. */
export function secondsOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text.trim());
  if (!match) return null;
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] || 's'] ?? 1;
  const seconds = Math.round(Number(match[1]) * factor);
  return seconds >= 1 && seconds <= 31_536_000 ? seconds : null;
}
