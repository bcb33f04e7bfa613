/** A place in a file as people write it: `4096`, `4,096`, `0x1000`, `1000h`. Null when it is none. */
export function parseOffset(text: string): number | null {
  const plain = text.trim().replace(/[,_ ]/g, '');
  const digits = /^0x([0-9a-f]+)$|^([0-9a-f]+)h$/i.exec(plain);
  const code = digits?.[1] ?? digits?.[2];
  const offset = code !== undefined ? Number.parseInt(code, 16) : /^\d+$/.test(plain) ? Number(plain) : Number.NaN;
  return Number.isSafeInteger(offset) ? offset : null;
}
