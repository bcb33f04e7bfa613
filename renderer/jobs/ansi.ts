/**
 * Select Graphic Rendition (ECMA-48): colours and weights of a log's text. The parsers that exist give HTML or a flat
 * list for a whole text; a log needs a style that lives across chunks and lines that `\r` writes over, so this keeps
 * only the style and leaves the text to the line model.
 */
export interface TextStyle {
  /** 0–15: the theme's colour of that number; else `rgb(r, g, b)`. */
  readonly foreground: number | string | null;
  readonly background: number | string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
}

export const plainStyle: TextStyle = Object.freeze({
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
});

const levels = [0, 95, 135, 175, 215, 255];

/** A colour of the 256 of xterm: 16 of the theme, a cube of 6×6×6, 24 greys. */
function indexedColour(index: number): number | string | null {
  if (index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const cube = index - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => levels[step] ?? 0);
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Reads `5;N` or `2;R;G;B` after a 38 or 48; `used` counts the parameters read. */
function extendedColour(parameters: readonly number[], at: number): { colour: number | string | null; used: number } {
  if (parameters[at] === 5) return { colour: indexedColour(parameters[at + 1] ?? -1), used: 2 };
  if (parameters[at] === 2) {
    const parts = [0, 1, 2].map((step) => Math.min(255, Math.max(0, parameters[at + 1 + step] ?? 0)));
    return { colour: `rgb(${parts.join(', ')})`, used: 4 };
  }
  return { colour: null, used: 1 };
}

const switches: Record<number, Partial<TextStyle>> = {
  0: plainStyle,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { foreground: null },
  49: { background: null },
};

/** The style after `ESC [ PARAMETERS m`. Unknown parameters change nothing. */
export function applySgr(style: TextStyle, parameters: string): TextStyle {
  const numbers = parameters.split(/[;:]/).map((part) => (part === '' ? 0 : Number.parseInt(part, 10)));
  let next = style;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    const change = switches[code];
    if (change) next = { ...next, ...change };
    else if (code >= 30 && code <= 37) next = { ...next, foreground: code - 30 };
    else if (code >= 90 && code <= 97) next = { ...next, foreground: code - 82 };
    else if (code >= 40 && code <= 47) next = { ...next, background: code - 40 };
    else if (code >= 100 && code <= 107) next = { ...next, background: code - 92 };
    else if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(numbers, at + 1);
      at += used;
      if (colour !== null) next = { ...next, [code === 38 ? 'foreground' : 'background']: colour };
    }
  }
  return sameStyle(next, plainStyle) ? plainStyle : next;
}

export function sameStyle(one: TextStyle, other: TextStyle): boolean {
  return one === other || (Object.keys(plainStyle) as (keyof TextStyle)[]).every((key) => one[key] === other[key]);
}
