import type { EnvironmentVariable, GpuRequest, JobSpec, Plan, PlannedMount, PortRequest } from '../contract/plan.ts';
import { fileVariable } from '../jobs/secret-variables.ts';
import { joinHostPath } from '../plan/host-path.ts';
import { isVariableName } from '../plan/laid-files.ts';
import { followLinks, layLinks, linksByPath } from '../plan/link-layout.ts';
import { ancestorsUp, isBelowOrSame, segmentsOf } from '../plan/target.ts';

/** A folder or file of this machine at a place of the container. */
export interface ExportedBind {
  readonly source: string;
  /** `source` lies in the folder in which the command is run: it was brought there first. */
  readonly brought: boolean;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A secret by its name; `path` is where it lies in the container, for one that is handed over as a file. */
export type ExportedSecret =
  | { readonly name: string; readonly as: 'env' }
  | { readonly name: string; readonly as: 'file'; readonly path: string };

/** What another tool has to be told so that it does what the job does. */
export interface ContainerRun {
  readonly name: string | null;
  readonly image: string;
  readonly command: readonly string[];
  readonly workdir: string;
  /** `uid:gid`; null: whoever the image says. */
  readonly user: string | null;
  /** Without secrets. */
  readonly env: readonly EnvironmentVariable[];
  readonly secrets: readonly ExportedSecret[];
  readonly binds: readonly ExportedBind[];
  /** Folders of this machine that have to be there first. */
  readonly made: readonly string[];
  /** Folders of storage hosts that have to be here first: `address` at `./folder`. */
  readonly fetched: readonly { readonly address: string; readonly folder: string }[];
  /** Folders of the container that the user must be able to write to. */
  readonly scratch: readonly string[];
  readonly network: boolean;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly shmBytes: number;
  readonly gpus: GpuRequest | null;
  readonly ports: readonly PortRequest[];
  readonly maxSeconds: number | null;
  /** What is different there, in sentences. */
  readonly notes: readonly string[];
}

/**
 * The run of a planned job as any container engine understands it. Null for a job that has no container. Values of secrets
 * are never in it.
 */
export function containerRun(spec: JobSpec, plan: Plan): ContainerRun | null {
  if (plan.image === null) return null;
  const notes: string[] = [];
  const secrets = secretsOf(spec, plan);
  const hidden = new Set(spec.env.flatMap(({ name, secret }) => (secret === undefined ? [] : [name, fileVariable(name)])));
  const { binds, fetched } = bindsOf(plan, notes);
  const user = plan.user === null ? null : `${plan.user.uid}:${plan.user.gid}`;
  const name = spec.name !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(spec.name) ? spec.name : null;
  for (const each of secrets)
    notes.push(
      each.as === 'env'
        ? `The secret ${each.name} is not in it: export ${each.name} in the shell first.`
        : `The secret ${each.name} is not in it: ${each.name}_FILE has to be the path of a file that holds it.`,
    );
  if (plan.steps.some((step) => step.kind === 'lay-file' && step.origin === 'dotfile'))
    notes.push('Dotfiles are not in it: the job has those that are set up in Settings.');
  if (plan.engine !== 'docker')
    notes.push(`It runs on the engine that the docker command uses there, which need not be “${plan.engine}”.`);
  const scratch = plan.user === null || plan.user.uid === 0 ? [] : scratchOf(plan);
  if (scratch.length > 0) notes.push(`${scratch.join(', ')} is in memory there, so that the user can write to it.`);
  return {
    ...{ name, image: plan.image, command: plan.command, workdir: plan.workdir, user, secrets, binds, fetched, scratch, notes },
    env: plan.env.filter(({ name }) => !hidden.has(name)).map(({ name, value }) => ({ name, value })),
    made: [
      ...new Set(plan.steps.flatMap((step) => (step.kind === 'make-host-directory' ? [step.path] : [])).concat(outputsOf(plan))),
    ],
    network: plan.network,
    ...plan.resources,
    ports: plan.ports,
    maxSeconds: plan.maxSeconds,
  };
}

/** Secrets are named in the text of scripts: only by what a shell takes for a name. */
function secretsOf(spec: JobSpec, { steps }: Plan): ExportedSecret[] {
  const last = new Map(spec.env.map((variable) => [variable.name, variable.secret]));
  const places = new Map(
    steps.flatMap((step) => (step.kind === 'lay-file' && step.origin === 'secret' ? [[step.name, step.path] as const] : [])),
  );
  return [...last].flatMap(([name, as]): ExportedSecret[] => {
    if (as === undefined || !isVariableName(name)) return [];
    return [as === 'env' ? { name, as } : { name, as, path: places.get(name) ?? `/run/secrets/${name}` }];
  });
}

const outputsOf = ({ mounts }: Plan): string[] =>
  mounts.flatMap(({ role, localPath }) => (role === 'output' && localPath !== null ? [localPath] : []));

function bindsOf(plan: Plan, notes: string[]): Pick<ContainerRun, 'binds' | 'fetched'> {
  const resolved = new Map(plan.steps.flatMap((step) => (step.kind === 'bind' ? [[step.target, step.source] as const] : [])));
  const fetched: { address: string; folder: string }[] = [];
  const binds = new Map<string, ExportedBind>();
  for (const mount of plan.mounts) {
    if (binds.has(mount.target)) continue;
    const local = resolved.get(mount.target) ?? mount.localPath;
    const readOnly = mount.mode === 'ro';
    if (local !== null) binds.set(mount.target, { source: local, brought: false, target: mount.target, readOnly });
    else {
      const folder = folderFor(mount, fetched);
      fetched.push({ address: mount.source, folder });
      binds.set(mount.target, { source: folder, brought: true, target: mount.target, readOnly });
      notes.push(
        readOnly
          ? `${mount.source} lies on a storage host: it is downloaded to ./${folder} first.`
          : `${mount.source} lies on a storage host: it is downloaded to ./${folder} first, and changes stay there.`,
      );
    }
  }
  for (const bind of linkBinds(plan, [...binds.values()], notes)) if (!binds.has(bind.target)) binds.set(bind.target, bind);
  return { binds: [...binds.values()], fetched };
}

/** A name for a downloaded folder that no other has. */
function folderFor({ source }: PlannedMount, taken: readonly { readonly folder: string }[]): string {
  const last = segmentsOf(source.replace(':', '/')).at(-1) ?? 'data';
  const plain = last.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'data';
  for (let count = 1; ; count += 1) {
    const folder = count === 1 ? plain : `${plain}-${count}`;
    if (!taken.some((one) => one.folder === folder)) return folder;
  }
}

/**
 * What a link leads to is mounted once more in its place: no tool can lay links into a container, and this needs no shell in
 * the image.
 */
function linkBinds(plan: Plan, binds: readonly ExportedBind[], notes: string[]): ExportedBind[] {
  const laid = new Set(plan.steps.flatMap((step) => (step.kind === 'make-link' ? [step.path] : [])));
  const byPath = linksByPath(layLinks(plan.links));
  return plan.links.flatMap(({ path, target }) => {
    if (!laid.has(path)) return [];
    const end = followLinks(target, byPath);
    const holder = binds
      .filter((bind) => end !== null && isBelowOrSame(end, bind.target))
      .sort((a, b) => b.target.length - a.target.length)[0];
    if (end === null || holder === undefined) {
      notes.push(`The link ${path} → ${target} is not in it: it leads to a place inside the image.`);
      return [];
    }
    const rest = end.slice(holder.target.length + 1);
    return [{ ...holder, source: rest === '' ? holder.source : joinHostPath(holder.source, rest), target: path }];
  });
}

/** The uppermost folders that are made for the user: an engine would make them as root. */
function scratchOf(plan: Plan): string[] {
  const made = new Set(plan.steps.flatMap((step) => (step.kind === 'make-container-directory' ? [step.path] : [])));
  return [...made].filter((path) => ![...ancestorsUp(path)].some((above) => made.has(above)));
}
