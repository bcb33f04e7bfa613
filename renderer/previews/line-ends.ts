/**
 * What a text's lines end with, when all end alike; a text with several kinds is taken by its line feeds, and the other
 * signs stay in the lines, so that every text is written back as it was.
 */
export function lineSeparatorOf(text: string): '\n' | '\r\n' | '\r' {
  const pairs = text.split('\r\n').length - 1;
  const feeds = text.split('\n').length - 1;
  const returns = text.split('\r').length - 1;
  if (pairs > 0 && feeds === pairs && returns === pairs) return '\r\n';
  return feeds === 0 && returns > 0 ? '\r' : '\n';
}
