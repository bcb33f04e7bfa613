import { maxFormattedChars } from './limits.ts';

/**
 * JSON with one value a line, every number and string written as it was; null when the text is no JSON or would grow
 * too long.
 */
export function formatJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const parts: string[] = [];
  let length = 0;
  let depth = 0;
  const put = (part: string): void => {
    parts.push(part);
    length += part.length;
  };
  const line = (): void => put(`\n${'  '.repeat(depth)}`);
  // It is valid, so tokens are all there is to tell apart.
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s[\]{},:"]+/g;
  let before = '';
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const [token] = match;
    if (length > maxFormattedChars || depth > 500) return null;
    if (token === '}' || token === ']') {
      depth -= 1;
      if (before !== '{' && before !== '[') line();
      put(token);
    } else {
      if (before === '{' || before === '[' || before === ',') line();
      put(token === ':' ? ': ' : token);
      if (token === '{' || token === '[') depth += 1;
    }
    before = token;
  }
  return parts.join('');
}
