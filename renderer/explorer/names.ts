/** Longer numbers than any name needs are told apart by their first digits only. */
const mostDigits = 40;
const firstDigit = 48;

/** A number so that its text sorts by its value: its length, then its digits. */
function numberKey(digits: string): string {
  const value = digits.replace(/^0+(?=.)/, '');
  return String.fromCharCode(firstDigit + Math.min(value.length, mostDigits)) + value;
}

/**
 * What a name is sorted by: letters in any case and with any accent are the same, numbers count as numbers (`img2` before
 * `img10`). Made once for each name, since comparing by a collator takes a second for 100,000.
 */
export function nameKey(name: string): string {
  const plain = /^[\x00-\x7f]*$/.test(name) ? name : name.normalize('NFKD').replace(/\p{M}+/gu, '');
  return plain.toLowerCase().replace(/\d+/g, numberKey);
}

export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Names as people sort them; equal ones by their characters. */
export const compareNames = (a: string, b: string): number => compareTexts(nameKey(a), nameKey(b)) || compareTexts(a, b);

/**
 * Reads a filter: with `*` or `?` a glob over the whole name, else a part of it; letters in any case.
 * An empty filter lets everything through.
 */
export function nameFilter(text: string): (name: string) => boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return () => true;
  if (!/[*?]/.test(wanted)) return (name) => name.toLowerCase().includes(wanted);
  const source = wanted
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  const pattern = new RegExp(`^${source}$`, 's');
  return (name) => pattern.test(name.toLowerCase());
}
