/**
 * What the screens want to find again, until the core has it: a page that is reloaded may not get another word through, so
 * it is written down in the page's own storage first. That is read by the next page of the same window.
 */
export type Layout = Readonly<Record<string, unknown>>;

const item = 'stowage.layout';

/** Reads the layout text; damaged or empty text is an empty layout. */
export function parseLayout(text: string): Layout {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Layout) : {};
  } catch {
    return {};
  }
}

/** Unit tests have no page. */
const storage = (): Storage | null => (typeof sessionStorage === 'undefined' ? null : sessionStorage);

export const readCarried = (): Layout => parseLayout(storage()?.getItem(item) ?? '');

export function carry(changes: Layout): void {
  if (Object.keys(changes).length === 0) storage()?.removeItem(item);
  else storage()?.setItem(item, JSON.stringify(changes));
}

/** The core's layout with what it has not got yet. */
export const withCarried = (text: string): string => {
  const carried = readCarried();
  return Object.keys(carried).length === 0 ? text : JSON.stringify({ ...parseLayout(text), ...carried });
};
