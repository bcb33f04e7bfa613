import { formatAddress } from '../address.ts';
import type { MountMode } from '../contract/base.ts';
import { isHostPath } from '../plan/host-path.ts';
import { normalisePath } from '../plan/target.ts';
import type { ImportContext, Sheet } from './imported.ts';

/** A path of the machine as a whole one: `.`, `./data` and `data/x` lie in the folder of the command; null: not known. */
export function absolutePath(text: string, { folder }: ImportContext): string | null {
  if (!text.startsWith('/') && isHostPath(text)) return text;
  if (text.startsWith('/')) return normalisePath(text).path;
  return folder === undefined ? null : normalisePath(`${folder}/${text}`).path;
}

/** The address of a folder of this machine, where it lies in a vfolder; of several the nearest. */
export function addressOf(path: string, { vfolders = [] }: ImportContext): string | null {
  let best: { name: string; root: string } | null = null;
  for (const { name, localPath } of vfolders) {
    if (localPath === null) continue;
    const root = localPath.length > 1 ? localPath.replace(/[\\/]+$/, '') : localPath;
    if (path !== root && !path.startsWith(root === '/' ? root : `${root}/`) && !path.startsWith(`${root}\\`)) continue;
    if (best === null || root.length > best.root.length) best = { name, root };
  }
  return best && formatAddress(best.name, path.slice(best.root.length).replaceAll('\\', '/').replace(/^\/+/, ''));
}

/** A name as a vfolder can have it, from the last part of a path or URI. */
export function vfolderName(place: string): string {
  const last =
    place
      .replace(/[/\\]+$/, '')
      .split(/[/\\:]/)
      .at(-1) ?? '';
  const name = last
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 64);
  return name === '' ? 'data' : name;
}

/**
 * Mounts what another system kept under a name: the vfolder of that name. Where there is none the mount is there all the
 * same, since the planner says so and the row can be changed.
 */
export function mountNamed(
  sheet: Sheet,
  context: ImportContext,
  {
    name,
    path = '',
    target,
    mode,
    what,
    was,
  }: { name: string; path?: string; target: string; mode?: MountMode; what: string; was: string },
): void {
  sheet.spec.mounts.push({ source: formatAddress(name, path), target, ...(mode && { mode }) });
  const there = context.vfolders?.some((vfolder) => vfolder.name === name);
  if (there) sheet.changed(what, `is taken for the vfolder “${name}”: ${was}`);
  else
    sheet.changed(
      what,
      `is taken for a vfolder “${name}”, which is not there: ${was}`,
      `Upload the files into a vfolder “${name}”, or choose another as the source of the mount.`,
    );
}

/** A folder of this machine that no vfolder holds: it has to be linked first. */
export function refuseFolder(sheet: Sheet, what: string, path: string, mode: MountMode): void {
  sheet.lost(what, 'is a folder of this machine that is no vfolder yet', {
    hint: `Link ${path} as a vfolder, and it is mounted.`,
    folder: { path, mode },
  });
}

/** A folder that is only known to the shell of the command. */
export function refuseUnknown(sheet: Sheet, what: string): void {
  sheet.needsFolder = true;
  sheet.lost(what, 'depends on the folder the command is run in', { hint: 'Say above in which folder you would run it.' });
}
