import type { Word } from './shell.ts';

/** How a program takes an option: alone, or with a value. By its names, with their dashes. */
export interface OptionKinds {
  readonly flags: ReadonlySet<string>;
  /** Name to the one name it is known by. */
  readonly values: ReadonlyMap<string, string>;
}

export interface ReadOption {
  /** As {@link OptionKinds} knows it. */
  readonly name: string;
  /** As it was written, with its value. */
  readonly written: string;
  /** Null for a flag, and for one whose value is missing. */
  readonly value: Word | null;
  /** False: no option of this program, as far as is known. */
  readonly known: boolean;
}

export interface ReadWords {
  readonly options: readonly ReadOption[];
  readonly operands: readonly Word[];
}

/** `flags` and `values` as one line each: `--env -e, --user -u`. The first of several names is the one it is known by. */
export function optionKinds(flags: string, values: string): OptionKinds {
  const groups = (text: string): string[][] =>
    text
      .split(',')
      .map((group) => group.trim().split(/\s+/))
      .filter((group) => group[0] !== '');
  return {
    flags: new Set(groups(flags).flat()),
    values: new Map(groups(values).flatMap((group) => group.map((name) => [name, group[0] ?? ''] as const))),
  };
}

/**
 * Divides the words behind a command into options and operands, as getopt does. `interspersed`: options may stand behind
 * operands too; else the first operand ends them.
 */
export function readOptions(words: readonly Word[], kinds: OptionKinds, interspersed: boolean): ReadWords {
  const options: ReadOption[] = [];
  const operands: Word[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    if (text === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!text.startsWith('-') || text === '-') {
      if (!interspersed) return { options, operands: words.slice(at) };
      operands.push(word);
      continue;
    }
    const next = (): Word | null => {
      at += 1;
      return words[at] ?? null;
    };
    options.push(...(text.startsWith('--') ? [readLong(word, kinds, next)] : readShort(word, kinds, next)));
  }
  return { options, operands };
}

function readLong(word: Word, kinds: OptionKinds, next: () => Word | null): ReadOption {
  const { text, unknown } = word;
  const cut = text.indexOf('=');
  const name = cut < 0 ? text : text.slice(0, cut);
  const own = cut < 0 ? null : { text: text.slice(cut + 1), unknown };
  const known = kinds.values.get(name);
  if (known !== undefined) {
    const value = own ?? next();
    return { name: known, written: own || value === null ? text : `${text} ${value.text}`, value, known: true };
  }
  return { name, written: text, value: own, known: kinds.flags.has(name) };
}

/** `-it`, `-p80`, `-p 80`, `-p=80`: letters up to the first that takes a value, which is the rest or the next word. */
function readShort(word: Word, kinds: OptionKinds, next: () => Word | null): ReadOption[] {
  const { text, unknown } = word;
  // Some programs write long names with one dash.
  if (kinds.flags.has(text)) return [{ name: text, written: text, value: null, known: true }];
  const found: ReadOption[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const letter = `-${text[at]}`;
    const name = kinds.values.get(letter);
    if (name === undefined) {
      found.push({ name: letter, written: letter, value: null, known: kinds.flags.has(letter) });
      continue;
    }
    const rest = text.slice(at + 1).replace(/^=/, '');
    const value = rest === '' ? next() : { text: rest, unknown };
    found.push({ name, written: value === null ? letter : `${letter} ${value.text}`, value, known: true });
    break;
  }
  return found;
}

/** Whether a flag was switched on: `--rm`, `--rm=true`, not `--rm=false`. */
export const isOn = ({ value }: ReadOption): boolean => value === null || !/^(false|0|f)$/i.test(value.text);
