import { baseName, parentPath, parseInnerPath } from '#shared/paths.ts';

/** `a/b.txt` is `a/b (copy).txt`, `a/b (copy 2).txt`. */
export function copyPath(path: string, number: number): string {
  const name = baseName(path);
  const folder = parentPath(parseInnerPath(path));
  const dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length;
  const copy = `${name.slice(0, dot)} (copy${number === 1 ? '' : ` ${number}`})${name.slice(dot)}`;
  return folder === '' ? copy : `${folder}/${copy}`;
}
