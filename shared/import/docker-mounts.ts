import type { MountMode } from '../contract/base.ts';
import { isHostPath } from '../plan/host-path.ts';
import { isBelow, isBelowOrSame, normalisePath, workHome } from '../plan/target.ts';
import type { ImportContext, Sheet } from './imported.ts';
import type { ReadOption } from './options.ts';
import { absolutePath, addressOf, mountNamed, refuseFolder, refuseUnknown } from './places.ts';

/** What `-v` or `--mount` asks for. */
export interface AskedMount {
  readonly written: string;
  /** A path of the machine, or the name of a volume of Docker. */
  readonly source: string;
  readonly target: string;
  readonly mode: MountMode;
  /** The source holds what only the shell could have filled in. */
  readonly unknown: boolean;
}

const modeOf = (options: readonly string[]): MountMode => (options.includes('ro') || options.includes('readonly') ? 'ro' : 'rw');

/** `-v SOURCE:TARGET[:OPTIONS]`; null with a remark for what is no mount. */
export function readVolume(sheet: Sheet, { written, value }: ReadOption): AskedMount | null {
  const text = value?.text ?? '';
  const drive = /^[A-Za-z]:[\\/]/.exec(text)?.[0] ?? '';
  const [first = '', target, options = '', ...rest] = text.slice(drive.length).split(':');
  const source = `${drive}${first}`;
  if (target === undefined && source.startsWith('/')) {
    sheet.needless(written, 'is an empty volume: the folder is in the container, and ends with it');
    return null;
  }
  if (source === '' || !target?.startsWith('/') || rest.length > 0) {
    sheet.lost(written, 'is not a mount that can be read');
    return null;
  }
  return { written, source, target, mode: modeOf(options.split(',')), unknown: (value?.unknown.length ?? 0) > 0 };
}

/** The fields of a line of CSV, as `--mount` takes them. */
function csvFields(text: string): string[] {
  const fields = text.match(/("(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return fields.map((field) => field.replace(/^"([\s\S]*)"$/, '$1').replaceAll('""', '"'));
}

/** `--mount type=bind,source=…,target=…[,readonly]`; null with a remark for what is no mount. */
export function readMount(sheet: Sheet, { written, value }: ReadOption): AskedMount | null {
  const fields = csvFields(value?.text ?? '').map((field): [string, string] => {
    const cut = field.indexOf('=');
    return cut < 0 ? [field, 'true'] : [field.slice(0, cut), field.slice(cut + 1)];
  });
  const find = (...names: string[]): string | undefined => fields.find(([name]) => names.includes(name))?.[1];
  const [type, source, target] = [find('type') ?? 'volume', find('source', 'src'), find('target', 'destination', 'dst')];
  const readOnly = /^(true|1)$/.test(find('readonly', 'ro') ?? '');
  if (type !== 'bind' && type !== 'volume') sheet.lost(written, `is of the type “${type}”, which has no counterpart`);
  else if (target === undefined || !target.startsWith('/')) sheet.lost(written, 'is not a mount that can be read');
  else if (source === undefined) sheet.needless(written, 'is an empty volume: the folder is in the container, and ends with it');
  else return { written, source, target, mode: readOnly ? 'ro' : 'rw', unknown: (value?.unknown.length ?? 0) > 0 };
  return null;
}

/**
 * Puts mounts into the spec. Folders that lie in vfolders become mounts of those. Of the others the one that holds the
 * working directory becomes the code folder, with a link at the place where the command expects it.
 */
export function placeMounts(sheet: Sheet, asked: readonly AskedMount[], context: ImportContext): void {
  const folders: (AskedMount & { readonly path: string })[] = [];
  for (const mount of asked) {
    const { written, source, target, mode } = mount;
    if (/docker\.sock$|podman\.sock$/.test(source)) sheet.lost(written, 'would hand over the engine itself, which no job gets');
    else if (mount.unknown && !isKnownPath(source)) refuseUnknown(sheet, written);
    else if (!isHostPath(source) && !/^\.|[/\\]/.test(source)) {
      mountNamed(sheet, context, { name: source, target, mode, what: written, was: 'it was a volume of Docker' });
    } else {
      const path = absolutePath(source, context);
      const address = path === null ? null : addressOf(path, context);
      if (path === null) refuseUnknown(sheet, written);
      else if (address !== null) sheet.spec.mounts.push({ source: address, target, mode });
      else folders.push({ ...mount, path });
    }
  }
  const workdir = sheet.spec.workdir === undefined ? null : normalisePath(sheet.spec.workdir).path;
  const code = folders
    .filter(({ target }) => workdir !== null && target !== '/' && isBelowOrSame(workdir, normalisePath(target).path))
    .sort((a, b) => b.target.length - a.target.length)[0];
  for (const folder of folders) if (folder !== code) refuseFolder(sheet, folder.written, folder.path, folder.mode);
  if (code && workdir !== null) placeCode(sheet, code, workdir);
}

/** A path that is whole although something in it was not filled in cannot be told from one that is not: only `~` and `$` count. */
const isKnownPath = (source: string): boolean => !/^~|[$`]/.test(source);

function placeCode(sheet: Sheet, code: AskedMount & { readonly path: string }, workdir: string): void {
  const { spec } = sheet;
  const place = `${workHome}/code`;
  const target = normalisePath(code.target).path;
  const moved = (path: string): string => (isBelowOrSame(path, target) ? `${place}${path.slice(target.length)}` : path);
  spec.code = { source: code.path, mode: code.mode };
  if (workdir === target) delete spec.workdir;
  else spec.workdir = moved(workdir);
  spec.mounts = spec.mounts.map((mount) =>
    mount.target !== undefined && isBelow(mount.target, target) ? { ...mount, target: moved(mount.target) } : mount,
  );
  const mentioned = [...spec.command, ...spec.env.map(({ value }) => value)].some((text) => text.includes(target));
  if (mentioned && target !== place) spec.links = [...(spec.links ?? []), { path: target, target: place }];
  sheet.changed(
    code.written,
    mentioned ? `is the code folder, at ${place}, with a link at ${target}` : `is the code folder, at ${place}`,
  );
}
