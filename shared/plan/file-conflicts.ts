import type { Fix } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { describe, parentMount } from './layout.ts';
import { linksByPath } from './link-layout.ts';
import { ancestorsOf, ancestorsUp, isBelow, isBelowOrSame, systemPath, workHome } from './target.ts';
import { createFreeTargets, retarget } from './target-conflicts.ts';
import type { Choices, Finding, LaidFile, LaidLink, LaidMount, Layout } from './types.ts';

export interface JudgedFiles {
  readonly findings: Finding[];
  readonly laid: readonly LaidFile[];
  /** Those, and others that have a place of their own in the container nevertheless. */
  readonly shown: readonly LaidFile[];
}

/** Why files cannot be laid, and what they clash with: those that clash with the same are told together. */
interface Clash {
  readonly key: string;
  readonly code: Finding['code'];
  /** The end of a sentence that begins with the files. */
  readonly why: string;
  readonly mount?: LaidMount;
  readonly targets?: readonly string[];
  readonly shown?: boolean;
}

/** Conflicts of dotfiles and files of secrets with mounts, links, the image and the engine. */
export function judgeFiles(layout: Layout, choices: Choices): JudgedFiles {
  const { files } = layout;
  if (files.length === 0) return { findings: [], laid: [], shown: [] };
  const links = linksByPath(layout.links);
  const clashes = new Map<string, { clash: Clash; files: LaidFile[] }>();
  const laid: LaidFile[] = [];
  const shown: LaidFile[] = [];
  for (const file of files) {
    const clash =
      clashWithMounts(file, layout, choices) ??
      clashWithLinks(file, links) ??
      clashWithEngine(file, layout) ??
      clashWithFolders(file, layout);
    if (clash === null || clash.shown) shown.push(file);
    if (clash === null) {
      laid.push(file);
      continue;
    }
    const known = clashes.get(clash.key);
    if (known) known.files.push(file);
    else clashes.set(clash.key, { clash, files: [file] });
  }
  const free = createFreeTargets(layout);
  const findings = [...clashes.values()].map(({ clash, files }): Finding => {
    const { code, why, mount, targets = [] } = clash;
    return {
      code,
      severity: 'error',
      message: `${named(files)} cannot be laid: ${why}.`,
      mounts: mount ? [mount] : [],
      targets: [...files.map((file) => file.path), ...targets],
      fixes: [...(mount ? retarget(mount, free(mount)) : []), ...(files.some(isDotfile) ? [withoutDotfiles] : [])],
    };
  });
  return { findings, laid, shown };
}

const isDotfile = ({ origin }: LaidFile): boolean => origin === 'dotfile';

const withoutDotfiles: Fix = { label: 'Run it without dotfiles', request: null, change: { kind: 'no-dotfiles' } };

function named(files: readonly LaidFile[]): string {
  const what = files.every(isDotfile) ? 'dotfile' : files.some(isDotfile) ? 'file' : 'file of the secret';
  const names = files.slice(0, 3).map(({ name }) => `“${visible(name)}”`);
  const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
  return `The ${files.length > 1 ? what.replace('file', 'files') : what} ${names.join(', ')}${more}`;
}

function clashWithMounts({ path }: LaidFile, layout: Layout, choices: Choices): Clash | null {
  for (const mount of layout.placed.values()) {
    if (!isBelowOrSame(mount.target, path)) continue;
    const why = `${describe(mount)} is mounted at ${visible(mount.target)}`;
    return { key: `on ${mount.index}`, code: 'file-on-mount', why, mount };
  }
  const parent = parentMount(layout, path);
  if (parent === null || choices[parent.index]?.approach === 'bake') return null;
  const end = parent.mode === 'ro' ? 'which is read-only' : 'and would be written into its source';
  const why = `the place lies inside ${describe(parent)} at ${visible(parent.target)}, ${end}`;
  return { key: `in ${parent.index}`, code: 'file-in-mount', why, mount: parent };
}

function clashWithLinks({ path }: LaidFile, links: ReadonlyMap<string, LaidLink>): Clash | null {
  if (links.size === 0) return null;
  const on = links.get(path) ?? [...ancestorsUp(path)].flatMap((above) => links.get(above) ?? [])[0];
  const link = on ?? [...links.values()].find((one) => isBelow(one.path, path));
  if (!link) return null;
  const why = `the link “${visible(link.path)}” → ${visible(link.target)} is in the way`;
  return { key: `link ${link.index}`, code: 'file-on-link', why, targets: [link.path] };
}

/** An engine without containers lays files into folders of its own only. */
function clashWithEngine({ path, origin }: LaidFile, { request }: Layout): Clash | null {
  const { engine } = request;
  if (engine.kind !== 'process' || origin === 'secret' || isBelow(path, workHome)) return null;
  const why = `“${engine.name}” can place files below ${workHome} only`;
  return { key: 'engine', code: 'target-needs-container', why, shown: true };
}

function clashWithFolders({ path }: LaidFile, { workdir, request }: Layout): Clash | null {
  if (isBelowOrSame(workdir, path)) {
    const why = `the working directory ${visible(workdir)} is in the way`;
    return { key: 'workdir', code: 'file-on-folder', why };
  }
  if (systemPath(path) === 'always') {
    const why = 'what lies there is made by the system when the job starts';
    return { key: 'system', code: 'target-system', why, shown: true };
  }
  if (typeof request.image === 'string' || request.engine.kind === 'process') return null;
  const { paths } = request.image;
  const there = paths[path];
  const blocking = ancestorsOf(path).find((above) => paths[above] === 'file');
  if (blocking === undefined && there !== 'directory' && there !== 'empty-directory') return null;
  const why = `${visible(blocking ?? path)} is ${blocking === undefined ? 'a folder' : 'a file'} in the image “${visible(request.spec.image ?? '')}”`;
  return { key: `image ${blocking ?? path}`, code: 'file-on-folder', why, shown: true };
}
