import type { GpuRequest, PortRequest } from '../contract/plan.ts';

/** GPUs, ports and times as people type them, on the launch form and on the command line. */

const mostSeconds = 31_536_000;
const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
};

/**
 * Seconds from `90 s`, `45 min`, `1h30m`, `2 days`, `1:30:00` or plain `3600`; at most a year. Null when it cannot be read or is
 * zero.
 */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  const clock = /^(\d{1,4}):([0-5]\d)(?::([0-5]\d))?$/.exec(trimmed);
  if (clock) return within(Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0));
  if (/^\d+$/.test(trimmed)) return within(Number(trimmed));
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  let seconds = 0;
  for (const [, amount, word = ''] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const unit = unitSeconds[word] ?? unitSeconds[word.replace(/s$/, '')];
    if (unit === undefined) return null;
    seconds += Number(amount) * unit;
  }
  return within(Math.round(seconds));
}

const within = (seconds: number): number | null => (seconds > 0 && seconds <= mostSeconds ? seconds : null);

/** Seconds as {@link parseDuration} reads them back exactly. */
export function writeDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** Ports from `8888` or `8080:80` (this machine's first), with commas or spaces between them. Null when one cannot be read. */
export function parsePorts(text: string): PortRequest[] | null {
  const ports: PortRequest[] = [];
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(word);
    const [host, container] = [match?.[1], match?.[2]].map((digits) => (digits === undefined ? null : Number(digits)));
    if (!match || !isPort(container) || (host !== null && !isPort(host))) return null;
    ports.push(host === null || host === undefined ? { container } : { container, host });
  }
  return ports;
}

const isPort = (port: number | null | undefined): port is number => typeof port === 'number' && port >= 1 && port <= 65_535;

export const writePorts = (ports: readonly PortRequest[]): string =>
  ports.map(({ container, host }) => (host === undefined ? String(container) : `${host}:${container}`)).join(', ');

/** GPUs from `all`, a number, or `device=0,1` and lists of ids. Null when it cannot be read. */
export function parseGpus(text: string): GpuRequest | null {
  const trimmed = text.trim();
  if (trimmed === 'all') return 'all';
  if (/^\d+$/.test(trimmed)) return Number(trimmed) >= 1 && Number(trimmed) <= 64 ? Number(trimmed) : null;
  return parseGpuIds(trimmed.replace(/^device=/, ''));
}

/** Ids of GPUs (indexes or UUIDs) with commas or spaces between them. Null when there is none, or one cannot be read. */
export function parseGpuIds(text: string): string[] | null {
  const ids = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  return ids.length > 0 && ids.length <= 64 && ids.every((id) => /^[A-Za-z0-9-]{1,64}$/.test(id)) ? ids : null;
}

/** GPUs in words; null: none. */
export function gpuWords(gpus: GpuRequest | null): string {
  if (gpus === null) return 'no GPU';
  if (gpus === 'all') return 'all GPUs';
  if (typeof gpus === 'number') return gpus === 1 ? '1 GPU' : `${gpus} GPUs`;
  return gpus.length === 1 ? `GPU ${gpus[0]}` : `GPUs ${gpus.join(', ')}`;
}
