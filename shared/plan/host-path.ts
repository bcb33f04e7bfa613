/** Paths of this machine, of any platform, without touching it. */

/** Adds a `/`-separated relative path to a path of this machine, with the separator that it uses. */
export function joinHostPath(folder: string, rel: string): string {
  const windows = /^[A-Za-z]:\\|^\\\\/.test(folder);
  const separator = windows ? '\\' : '/';
  const rest = windows ? rel.replaceAll('/', '\\') : rel;
  return folder.endsWith(separator) ? `${folder}${rest}` : `${folder}${separator}${rest}`;
}

/** A path of this machine in one form that can be compared: `/`-separated, and in lower case where case does not count. */
export function comparablePath(path: string, platform: string): string {
  const slashed = platform === 'win32' ? path.replaceAll('\\', '/') : path;
  const trimmed = slashed.length > 1 ? slashed.replace(/\/+$/, '') : slashed;
  const rooted = trimmed === '' || /^[A-Za-z]:$/.test(trimmed) ? `${trimmed}/` : trimmed;
  return platform === 'linux' ? rooted : rooted.toLowerCase();
}

/** True when `path` is `folder` or lies below it; both comparable. */
export const hostPathWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** True for `/` and for the top of a Windows drive; comparable. */
export const isFileSystemRoot = (path: string): boolean => path === '/' || /^[a-z]:\/$/i.test(path);

/** An absolute path of this machine, as a person writes it; anything else is an address of a vfolder. */
export const isHostPath = (text: string): boolean => text.startsWith('/') || /^[A-Za-z]:[\\/]|^\\\\/.test(text);
