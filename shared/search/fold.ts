/**
 * A text as searches compare it: whatever its case, and whether accents are letters of their own or marks (NFC). Both the
 * index and a query are folded, so they meet. `/` stays what it is: folding names joined by it folds each.
 */
export function foldName(text: string): string {
  // Most names are small ASCII letters: nothing is made anew then.
  if (/^[\x00-\x40\x5b-\x7f]*$/.test(text)) return text;
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ');
}
