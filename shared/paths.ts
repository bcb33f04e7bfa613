import { StowageError } from './errors.ts';

/**
 * A path inside a host or vfolder that was validated: relative, `/`-separated, no empty, `.` or `..` segment, no NUL;
 * `''` is the root. Providers take only this type, so no unvalidated name can reach a disk or an SDK.
 */
export type InnerPath = string & { readonly __brand: 'InnerPath' };

export const rootPath = '' as InnerPath;

const refused = (path: string, why: string): StowageError =>
  new StowageError('path-refused', `“${visible(path)}” is refused: ${why}.`, { subject: path });

/**
 * Validates a path inside a vfolder. One leading and trailing `/` are dropped (`/a/b/` is `a/b`).
 * @throws StowageError `path-refused` for `..`, `.`, an empty segment, NUL, a backslash on request of the caller's name rules.
 */
export function parseInnerPath(raw: string): InnerPath {
  const path = raw.replace(/^\//, '').replace(/\/$/, '');
  if (path === '') return rootPath;
  if (path.includes('\0')) throw refused(raw, 'it contains a NUL byte');
  for (const segment of path.split('/')) {
    if (segment === '..') throw refused(raw, 'it climbs out of its folder');
    if (segment === '.') throw refused(raw, 'it contains a “.” segment');
    if (segment === '') throw refused(raw, 'it contains an empty segment');
  }
  return path as InnerPath;
}

/** Joins a validated folder with a name or relative path, validating the latter. */
export function joinPath(folder: InnerPath, name: string): InnerPath {
  const rest = parseInnerPath(name);
  if (folder === '') return rest;
  return (rest === '' ? folder : `${folder}/${rest}`) as InnerPath;
}

export function parentPath(path: InnerPath): InnerPath {
  const cut = path.lastIndexOf('/');
  return (cut < 0 ? '' : path.slice(0, cut)) as InnerPath;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** True when `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** True when they are the same or one lies below the other. */
export const meets = (one: string, other: string): boolean => isWithin(one, other) || isWithin(other, one);

/** A name with control characters and direction overrides made visible, for messages and screens. */
export function visible(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 ? String.fromCodePoint(0x2400 + code) : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
