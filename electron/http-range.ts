/** `bytes=A-B` or `bytes=A-`; other forms are ignored, as HTTP allows, and the whole is sent. */
export function readRange(header: string | null | undefined): { start: number; end?: number } | undefined {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match) return undefined;
  const start = Number(match[1]);
  if (!match[2]) return { start };
  const end = Number(match[2]);
  return end < start ? undefined : { start, end };
}
