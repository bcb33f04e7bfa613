import { lchown, mkdir, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Address, parseAddress } from '#shared/address.ts';
import type { EnvironmentVariable, Plan, PlannedMount } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { StowageError } from '#shared/errors.ts';
import { compareText } from '#shared/plan/overlap.ts';
import type { RunRequest } from '../engines/engine.ts';
import type { Dotfiles, JobSecrets, Staged, VfolderLookup } from '../services.ts';
import type { VfolderUse } from './journal.ts';

/** The vfolder that takes the outputs of jobs when nothing else is asked for. */
export const outputsVfolder = 'outputs';

const nothingStaged: Staged = { binds: [], volumes: [], image: null };

/** What a plan only names: values of secrets, contents of dotfiles. */
export type Withheld = Pick<RunRequest, 'env' | 'files'>;

/**
 * The environment and the files of a job, with what the plan of it withholds.
 * @throws StowageError `credentials-missing` when something of it can no longer be opened
 */
export function readWithheld(plan: Plan, secrets: JobSecrets, dotfiles: Dotfiles): Withheld {
  const values = secrets.read(plan.env);
  const textOf = ({ name, value }: EnvironmentVariable): string => values.get(name) ?? value;
  const steps = plan.steps.filter((step) => step.kind === 'lay-file');
  const contents = steps.some(({ origin }) => origin === 'dotfile') ? dotfiles.contents() : new Map<string, Uint8Array>();
  return {
    env: plan.env
      .filter(({ secret }) => secret !== 'file')
      .map((one) => ({ name: one.name, value: textOf(one), ...(one.secret && { secret: true }) })),
    files: steps.flatMap(({ path, mode, origin, name }) => {
      // A dotfile that was removed since the plan is one that no job gets any more.
      const content = origin === 'secret' ? Buffer.from(values.get(name) ?? '') : contents.get(name);
      return content === undefined ? [] : [{ path, mode, content }];
    }),
  };
}

/** What the engine is asked for, from the plan's steps, what was staged for them, and what the plan withholds. */
export function toRunRequest(
  jobId: number,
  plan: Plan,
  staged: Staged = nothingStaged,
  withheld: Withheld = { env: plan.env.map(({ name, value }) => ({ name, value })), files: [] },
): RunRequest {
  const bound = plan.steps.flatMap((step) =>
    step.kind === 'bind' ? [{ source: step.source, target: step.target, readOnly: step.readOnly }] : [],
  );
  return {
    jobId,
    image: staged.image ?? plan.image,
    command: plan.command,
    workdir: plan.workdir,
    env: withheld.env,
    // What lies in another comes after it.
    binds: [...bound, ...staged.binds].sort((a, b) => compareText(a.target, b.target)),
    volumes: staged.volumes,
    directories: plan.steps.flatMap((step) =>
      step.kind === 'make-container-directory' ? [{ path: step.path, mode: step.mode }] : [],
    ),
    links: plan.steps.flatMap((step) => (step.kind === 'make-link' ? [{ path: step.path, target: step.target }] : [])),
    files: withheld.files,
    user: plan.user,
    cpus: plan.resources.cpus,
    memoryBytes: plan.resources.memoryBytes,
    shmBytes: plan.resources.shmBytes,
    gpus: plan.resources.gpus,
    ports: plan.ports,
    network: plan.network,
  };
}

/** Where a mount's source lies, when it lies in a vfolder. */
export function mountAddress(mount: PlannedMount): Address | null {
  if (mount.vfolder === null) return null;
  try {
    return { vfolder: mount.vfolder, path: parseAddress(mount.source).path };
  } catch {
    // The planner may write a source in words; the vfolder itself is used then.
    return parseAddress(mount.vfolder);
  }
}

/** The places in vfolders that a plan mounts; those of vfolders that do not exist yet are left out. */
export function vfolderUses(plan: Plan, lookup: VfolderLookup): VfolderUse[] {
  return plan.mounts.flatMap((mount) => {
    const address = mountAddress(mount);
    const vfolder = address && lookup.find(address.vfolder);
    return vfolder ? [{ vfolderId: vfolder.id, path: address.path, mode: mount.mode }] : [];
  });
}

/**
 * Makes this machine ready for the run: the folders to be mounted are there and belong to this user. Can be repeated.
 * @throws `mount-failed` naming the folder, `disk-full`, `permission-denied`
 */
export async function prepare(plan: Plan, lookup: VfolderLookup, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  for (const step of plan.steps) if (step.kind === 'make-host-directory') await makeDirectory(step.path);
  for (const mount of plan.mounts) {
    if (mount.role === 'output' && mount.localPath !== null) await makeDirectory(mount.localPath);
    const vfolder = mount.vfolder === null ? null : lookup.find(mount.vfolder);
    if (vfolder) lookup.touch(vfolder.id);
  }
  signal.throwIfAborted();
  for (const step of plan.steps) if (step.kind === 'bind') await checkSource(step.source, step.target);
  signal.throwIfAborted();
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const data = { subject: path, detail: String(error) };
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new StowageError('disk-full', `The disk is full: the folder “${path}” cannot be made.`, data, { cause: error });
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new StowageError('permission-denied', `The folder “${path}” may not be made.`, data, { cause: error });
    throw new StowageError('mount-failed', `The folder “${path}” cannot be made.`, data, { cause: error });
  }
}

async function checkSource(source: string, target: string): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    const data = {
      subject: source,
      detail: String(error),
      hint: 'Put it back, or choose another source, and run the job again.',
    };
    throw new StowageError('mount-failed', `“${source}”, to be mounted at “${target}”, is gone or cannot be read.`, data, {
      cause: error,
    });
  }
}

/**
 * Gives what a job left in its output folder to the folder's owner, as far as this process may (only root may). An image
 * that runs as root leaves files that the user could not delete.
 */
export async function ownOutputs(plan: Plan): Promise<void> {
  if (engineKind(plan.engine) !== 'docker' || plan.user !== null || process.getuid?.() !== 0) return;
  for (const mount of plan.mounts) {
    if (mount.role !== 'output' || mount.localPath === null) continue;
    const { uid, gid } = await stat(mount.localPath);
    if (uid !== 0) await giveTree(mount.localPath, uid, gid);
  }
}

async function giveTree(folder: string, uid: number, gid: number): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    await lchown(path, uid, gid);
    if (entry.isDirectory()) await giveTree(path, uid, gid);
  }
}
