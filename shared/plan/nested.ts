import type { Fix } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { joinHostPath } from './host-path.ts';
import { coveringMount, describe, insidePath, lookedUp, parentMount, sentence } from './layout.ts';
import { createFreeTargets, retarget } from './target-conflicts.ts';
import type { Choices, Finding, InsideKind, LaidMount, Layout } from './types.ts';

/** A folder that is made on this machine before the start, so that the engine does not make it as root. */
export interface HostDirectory {
  readonly path: string;
  readonly reason: string;
}

/** Looks at mounts inside other mounts, and at a working directory inside a mount. */
export function findNested(layout: Layout, choices: Choices): { findings: Finding[]; directories: HostDirectory[] } {
  const findings: Finding[] = [];
  const directories = new Map<string, HostDirectory>();
  const free = createFreeTargets(layout);
  for (const mount of layout.placed.values()) {
    const parent = parentMount(layout, mount.target);
    if (parent === null) continue;
    const result = judgeNested(parent, mount, { fixes: retarget(mount, free(mount)), baked: isBaked(choices, parent) });
    if (result.finding) findings.push(result.finding);
    if (result.directory) directories.set(result.directory.path, result.directory);
  }
  const inWorkdir = judgeWorkdir(layout, choices);
  if (inWorkdir.finding) findings.push(inWorkdir.finding);
  if (inWorkdir.directory) directories.set(inWorkdir.directory.path, inWorkdir.directory);
  return { findings, directories: [...directories.values()] };
}

interface Judgement {
  finding?: Finding;
  directory?: HostDirectory;
}

/** A source whose state cannot matter here: it has an error of its own. */
const unusable = ({ facts }: LaidMount): boolean =>
  facts.problem !== null || (facts.realPath === null && !facts.remote) || facts.stat === 'special' || facts.stat === 'missing';

/** Its files are part of the image: what the engine makes among them stays in the container. */
const isBaked = (choices: Choices, mount: LaidMount): boolean => choices[mount.index]?.approach === 'bake';

/** Whether Stowage may make a folder in the source: writable to this user, and not a vfolder that is read-only. */
export const mayMake = ({ facts }: LaidMount): boolean =>
  facts.problem === null && !facts.remote && facts.writable && facts.vfolder?.permission !== 'ro';

function judgeNested(parent: LaidMount, mount: LaidMount, { fixes, baked }: { fixes: Fix[]; baked: boolean }): Judgement {
  // The output folder is made by the job itself: it may be missing yet, and is then empty.
  const parentIsNew = parent.role === 'output' && parent.facts.stat === 'missing';
  if (!parentIsNew && unusable(parent)) return {};
  const code = parent.mode === 'rw' ? 'nested-writable-parent' : 'nested-read-only-parent';
  const rel = insidePath(parent, mount.target);
  const place = `${describe(mount)} at ${visible(mount.target)} lies inside ${describe(parent)} at ${visible(parent.target)}`;
  const error = (kind: Finding['code'], message: string): Judgement => ({
    finding: { code: kind, severity: 'error', message, mounts: [parent, mount], fixes },
  });
  if (parent.facts.stat === 'file') return error('folder-onto-file', `${sentence(place)}, which is a file.`);
  const there: InsideKind | undefined = parentIsNew ? 'missing' : lookedUp(parent, rel);
  const isFile = mount.facts.stat === 'file';
  if (there === undefined) return {};
  if (there === 'symlink') return error(code, `${sentence(place)}, where a symlink is in the way at “${visible(rel)}”.`);
  if (there === 'special')
    return error('folder-onto-file', `${sentence(place)}, where “${visible(rel)}” is neither file nor folder.`);
  if (there === 'file') return isFile ? {} : error('folder-onto-file', `${sentence(place)}, where “${visible(rel)}” is a file.`);
  if (there === 'directory')
    return isFile ? error('file-onto-folder', `${sentence(place)}, where “${visible(rel)}” is a folder.`) : {};
  return baked ? {} : judgeMissing(parent, mount, { rel, place, code, fixes, isFile });
}

interface Missing {
  rel: string;
  place: string;
  code: 'nested-writable-parent' | 'nested-read-only-parent';
  fixes: Fix[];
  isFile: boolean;
}

function judgeMissing(parent: LaidMount, mount: LaidMount, { rel, place, code, fixes, isFile }: Missing): Judgement {
  const finding = (severity: 'error' | 'warning', end: string): Finding => ({
    code,
    severity,
    message: `${sentence(place)}${end}`,
    mounts: [parent, mount],
    fixes,
  });
  const path = parent.facts.realPath === null ? null : joinHostPath(parent.facts.realPath, rel);
  if (!isFile && path !== null && mayMake(parent)) {
    const end = `: an empty folder “${visible(rel)}” is made in ${describe(parent)} to hold it.`;
    return {
      finding: finding('warning', end),
      directory: { path, reason: `Holds ${describe(mount)} inside ${describe(parent)}; made as you, not as root.` },
    };
  }
  if (parent.mode === 'rw') {
    const what = isFile ? 'an empty file' : 'a folder';
    const where = parent.facts.remote ? 'there, which is copied back' : 'there, owned by root';
    return { finding: finding('warning', `: the engine leaves ${what} “${visible(rel)}” ${where}.`) };
  }
  return { finding: finding('error', `, which is read-only and has no “${visible(rel)}” to hold it.`) };
}

/** A working directory below a mount must be there; the engine would make it as root, or fail. */
function judgeWorkdir(layout: Layout, choices: Choices): Judgement {
  const { workdir } = layout;
  const mount = coveringMount(layout, workdir);
  if (mount === null || unusable(mount)) return {};
  if (mount.target === workdir) {
    if (mount.facts.stat !== 'file') return {};
    const message = `The working directory ${visible(workdir)} is a file: ${describe(mount)} is mounted there.`;
    return { finding: { code: 'target-hides-workdir', severity: 'error', message, mounts: [mount], targets: [workdir] } };
  }
  const rel = insidePath(mount, workdir);
  const there = mount.facts.stat === 'file' ? 'file' : lookedUp(mount, rel);
  if (there === undefined || there === 'directory' || there === 'symlink') return {};
  const base = { code: 'target-hides-workdir', mounts: [mount], targets: [workdir] } as const;
  const where = `The working directory ${visible(workdir)} lies inside ${describe(mount)}`;
  if (there !== 'missing') return { finding: { ...base, severity: 'error', message: `${where}, where it is not a folder.` } };
  if (isBaked(choices, mount)) return {};
  if (mount.facts.remote && mount.mode === 'rw') {
    return { finding: { ...base, severity: 'warning', message: `${where}: the engine makes “${visible(rel)}” there.` } };
  }
  if (mayMake(mount) && mount.facts.realPath !== null) {
    const path = joinHostPath(mount.facts.realPath, rel);
    const message = `${where}: an empty folder “${visible(rel)}” is made there.`;
    return {
      finding: { ...base, severity: 'warning', message },
      directory: { path, reason: 'The working directory of the job; made as you, not as root.' },
    };
  }
  return { finding: { ...base, severity: 'error', message: `${where}, which has no “${visible(rel)}” and cannot be changed.` } };
}
