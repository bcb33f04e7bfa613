import { StowageError } from '../errors.ts';

/** Reading data of unknown shape: what is not there, or is of another kind, is undefined. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Own fields only: a name such as `__proto__` or `constructor` reaches nothing. */
export const fieldOf = (value: unknown, name: string): unknown =>
  isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;

export const fieldsOf = (value: unknown, name: string): Fields => {
  const found = fieldOf(value, name);
  return isFields(found) ? found : {};
};

export const listOf = (value: unknown, name: string): readonly unknown[] => {
  const found = fieldOf(value, name);
  return Array.isArray(found) ? found : [];
};

/** A text; numbers and truth values as a person would write them. */
export function textOf(value: unknown, name: string): string | undefined {
  const found = fieldOf(value, name);
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
}

/** A number greater than 0, also when it is written as a text. */
export function amountOf(value: unknown, name: string): number | undefined {
  const amount = Number(textOf(value, name) ?? Number.NaN);
  return Number.isFinite(amount) && amount > 0 ? amount : undefined;
}

/** JSON as people write it: comments and commas before a closing bracket are passed over. @throws `bad-request` */
export function parseLooseJson(text: string): unknown {
  const pieces = text.match(/"(?:\\[\s\S]|[^"\\])*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[^"/,]+|[\s\S]/g) ?? [];
  const bare = pieces.filter((piece) => !piece.startsWith('//') && !piece.startsWith('/*'));
  const closes = (from: number): boolean => {
    let at = from;
    while (bare[at]?.trim() === '') at += 1;
    return /^\s*[}\]]/.test(bare[at] ?? '');
  };
  const plain = bare.filter((piece, at) => piece !== ',' || !closes(at + 1)).join('');
  try {
    return JSON.parse(plain);
  } catch (error) {
    throw new StowageError('bad-request', 'This looks like JSON, but cannot be read as such.', {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}
