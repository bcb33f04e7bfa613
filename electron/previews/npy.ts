import type { PreviewContent } from '#shared/contract/previews.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { cutCell } from './cells.ts';
import { maxArrayHeaderBytes, maxArrayValues } from './limits.ts';

export const isNpy = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 6)).toString('latin1') === '\x93NUMPY';

export interface NpyHeader {
  /** As NumPy writes it: `<f4`. */
  readonly descr: string;
  readonly shape: number[];
  readonly fortran: boolean;
  /** Where the values begin. */
  readonly dataOffset: number;
}

/**
 * The header of an .npy file (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * @throws NotShown when it is none or too long
 */
export async function readNpyHeader(read: (offset: number, length: number) => Promise<Uint8Array>): Promise<NpyHeader> {
  const start = Buffer.from(await read(0, 12));
  if (start.length < 12 || !isNpy(start)) throw new NotShown('This is no NumPy array.');
  const wide = (start[6] ?? 0) >= 2;
  const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
  const from = wide ? 12 : 10;
  if (length > maxArrayHeaderBytes) throw new NotShown('The header of this array is longer than a preview reads.');
  const bytes = await read(from, length);
  if (bytes.length < length) throw new NotShown('The header of this array is longer than the file.');
  const text = Buffer.from(bytes).toString(wide ? 'utf8' : 'latin1');
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[.*\])\s*,\s*'(?:fortran|shape))/s.exec(text);
  const sizes = shape?.match(/\d+/g)?.map(Number) ?? [];
  if (shape === undefined || order === undefined || !descr || sizes.length > 64 || !sizes.every(Number.isSafeInteger)) {
    throw new NotShown('The header of this array is damaged.');
  }
  return { descr: cutCell(descr[1] ?? descr[2] ?? ''), shape: sizes, fortran: order === 'True', dataOffset: from + length };
}

const words: Readonly<Record<string, string>> = { f: 'float', i: 'int', u: 'uint', c: 'complex', b: 'bool' };

/** `<f4` is `float32`; what has no such word stays as NumPy writes it. */
export function dtypeWord(descr: string): string {
  const match = /^[<>=|]?([fiucb])(\d+)$/.exec(descr);
  const word = words[match?.[1] ?? ''];
  if (!match || !word) return descr;
  return word === 'bool' ? word : `${word}${Number(match[2]) * 8}`;
}

export async function openNpy(source: ByteSource): Promise<PreviewContent> {
  const { descr, shape, fortran, dataOffset } = await readNpyHeader((offset, length) => source.read(offset, length));
  const values = await readValues(source, descr, shape, dataOffset);
  return { kind: 'array', dtype: dtypeWord(descr), shape, order: fortran ? 'Fortran' : 'C', values };
}

async function readValues(source: ByteSource, descr: string, shape: readonly number[], offset: number): Promise<string[]> {
  const match = /^([<>=|]?)([fiucbSU])(\d+)$/.exec(descr);
  const [, order, letter = '', digits] = match ?? [];
  const itemBytes = Number(digits) * (letter === 'U' ? 4 : 1);
  const count = Math.min(
    maxArrayValues,
    shape.reduce((product, size) => product * size, 1),
  );
  if (!match || itemBytes === 0 || itemBytes > 4096) return [];
  const bytes = await source.read(offset, count * itemBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: string[] = [];
  for (let at = 0; at + itemBytes <= bytes.length; at += itemBytes) {
    const value = valueAt(view, at, letter, itemBytes, order !== '>');
    if (value === null) return [];
    values.push(value);
  }
  return values;
}

function valueAt(view: DataView, at: number, letter: string, size: number, little: boolean): string | null {
  switch (`${letter}${size}`) {
    case 'f2':
      return float16(view.getUint16(at, little));
    case 'f4':
      return String(Number(view.getFloat32(at, little).toPrecision(7)));
    case 'f8':
      return String(view.getFloat64(at, little));
    case 'i1':
      return String(view.getInt8(at));
    case 'i2':
      return String(view.getInt16(at, little));
    case 'i4':
      return String(view.getInt32(at, little));
    case 'i8':
      return String(view.getBigInt64(at, little));
    case 'u1':
      return String(view.getUint8(at));
    case 'u2':
      return String(view.getUint16(at, little));
    case 'u4':
      return String(view.getUint32(at, little));
    case 'u8':
      return String(view.getBigUint64(at, little));
    case 'b1':
      return view.getUint8(at) === 0 ? 'False' : 'True';
    case 'c8':
      return `${view.getFloat32(at, little)} + ${view.getFloat32(at + 4, little)}j`;
    case 'c16':
      return `${view.getFloat64(at, little)} + ${view.getFloat64(at + 8, little)}j`;
    default:
      return textAt(view, at, letter, size, little);
  }
}

function textAt(view: DataView, at: number, letter: string, size: number, little: boolean): string | null {
  if (letter === 'S') {
    return cutCell(
      Buffer.from(view.buffer, view.byteOffset + at, size)
        .toString('latin1')
        .replace(/\0+$/, ''),
    );
  }
  if (letter !== 'U') return null;
  let text = '';
  for (let sign = 0; sign < size; sign += 4) {
    const code = view.getUint32(at + sign, little);
    if (code === 0) break;
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return cutCell(text.toWellFormed());
}

function float16(bits: number): string {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? String(sign * Number.POSITIVE_INFINITY) : 'NaN';
  const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return String(Number((sign * value).toPrecision(4)));
}
