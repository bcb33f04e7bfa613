/**
 * Whether a change in `changed` is to be seen in `folder`: it is that folder, or lies below a folder in it that is not
 * shown yet, as one that is there because something is below it.
 */
export function concerns(changed: string, folder: string, shows: (name: string) => boolean): boolean {
  if (changed === folder) return true;
  const above = folder === '' ? '' : `${folder}/`;
  if (!changed.startsWith(above)) return false;
  return !shows(changed.slice(above.length).split('/', 1)[0] ?? '');
}
