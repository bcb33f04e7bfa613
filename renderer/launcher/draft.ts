import { fromArgv, toArgv } from '#shared/command-line.ts';
import type { MountMode } from '#shared/contract/base.ts';
import { type EngineId, engineIdSchema } from '#shared/contract/engines.ts';
import type { Approach, EnvironmentVariable, Fix, JobSpec, LinkRequest, MountRequest } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { writeDuration, writePorts } from '#shared/jobs/resource-words.ts';
import { secretMarker } from '#shared/jobs/secret-variables.ts';
import { applyFix } from '#shared/plan/apply-fix.ts';
import { writeBytes } from '#shared/sizes.ts';
import { draftGpus, type GpuChoice, readLimits, readResources } from './draft-resources.ts';

export interface DraftMount {
  /** Tells rows apart while they are edited. */
  readonly key: number;
  readonly source: string;
  /** '' is the vfolder's own default. */
  readonly target: string;
  /** null is the vfolder's permission. */
  readonly mode: MountMode | null;
  /** null is what the planner recommends. */
  readonly approach: Approach | null;
}

/** A symlink: at `path` one that leads to `target`. */
export interface DraftLink {
  readonly key: number;
  readonly path: string;
  readonly target: string;
}

export interface DraftVariable {
  readonly key: number;
  readonly name: string;
  /** Of a secret: only while this window is open. */
  readonly value: string;
  /** How a secret reaches the job; null: it is none. */
  readonly secret: EnvironmentVariable['secret'] | null;
  /** Where Stowage keeps the value of a secret already; null: nowhere, or another one was written. */
  readonly kept: string | null;
}

/** The launch form as it is typed: texts that may not be finished yet. */
export interface Draft {
  readonly name: string;
  /** null: what the core prefers. */
  readonly engine: EngineId | null;
  readonly image: string;
  readonly command: string;
  readonly shell: boolean;
  readonly code: string;
  readonly codeMode: MountMode;
  readonly mounts: readonly DraftMount[];
  readonly links: readonly DraftLink[];
  readonly output: 'default' | 'address' | 'none';
  readonly outputAddress: string;
  readonly env: readonly DraftVariable[];
  readonly cpus: string;
  readonly memory: string;
  readonly shm: string;
  readonly gpuChoice: GpuChoice;
  readonly gpus: string;
  readonly maxTime: string;
  readonly ports: string;
  readonly dotfiles: boolean;
  readonly workdir: string;
  readonly network: boolean;
  readonly user: 'self' | 'image';
  readonly noAutomount: boolean | readonly string[];
}

export const emptyDraft: Draft = {
  name: '',
  engine: null,
  image: '',
  command: '',
  shell: false,
  code: '',
  codeMode: 'ro',
  mounts: [],
  links: [],
  output: 'default',
  outputAddress: '',
  env: [],
  cpus: '',
  memory: '',
  shm: '',
  gpuChoice: 'none',
  gpus: '',
  maxTime: '',
  ports: '',
  dotfiles: true,
  workdir: '',
  network: true,
  user: 'self',
  noAutomount: false,
};

/** Something typed that cannot be sent yet. */
export interface DraftProblem {
  readonly field: 'command' | 'cpus' | 'memory' | 'shm' | 'gpus' | 'maxTime' | 'ports';
  readonly message: string;
}

export interface DraftSpec {
  readonly spec: JobSpec;
  /** Per mount of the spec, the row that it came from. Rows without a source are not in the spec. */
  readonly rows: readonly DraftMount[];
  /** The same of its links; empty rows are not in the spec. */
  readonly linkRows: readonly DraftLink[];
  readonly problems: readonly DraftProblem[];
}

let keys = 0;
/** A key that no row has. */
export const newKey = (): number => {
  keys += 1;
  return keys;
};

const present = <K extends string>(key: K, text: string): Partial<Record<K, string>> =>
  text.trim() === '' ? {} : ({ [key]: text.trim() } as Record<K, string>);

function variableOf({ name, value, secret, kept }: DraftVariable): EnvironmentVariable {
  if (!secret) return { name: name.trim(), value };
  return kept ? { name: name.trim(), value: secretMarker, secret, kept } : { name: name.trim(), value, secret };
}

function mountOf(row: DraftMount): MountRequest {
  return {
    source: row.source.trim(),
    ...present('target', row.target),
    ...(row.mode && { mode: row.mode }),
    ...(row.approach && { approach: row.approach }),
  };
}

const linkOf = ({ path, target }: DraftLink): LinkRequest => ({ path: path.trim(), target: target.trim() });

/** What the form asks for, as far as it can be read. */
export function toSpec(draft: Draft): DraftSpec {
  const command = toArgv({ text: draft.command, shell: draft.shell });
  const { resources, problems } = readResources(draft);
  const { limits, problems: limitProblems } = readLimits(draft);
  const rows = draft.mounts.filter((row) => row.source.trim() !== '');
  const linkRows = draft.links.filter((row) => row.path.trim() !== '' || row.target.trim() !== '');
  const output =
    draft.output === 'none' ? null : draft.output === 'address' ? draft.outputAddress.trim() || undefined : undefined;
  const spec: JobSpec = {
    ...present('name', draft.name),
    ...(draft.engine && { engine: draft.engine }),
    // Typed for Docker and kept for it; a command that runs on this machine has no image.
    ...((draft.engine === null || engineKind(draft.engine) === 'docker') && present('image', draft.image)),
    command: command.argv,
    ...(draft.code.trim() !== '' && { code: { source: draft.code.trim(), mode: draft.codeMode } }),
    ...present('workdir', draft.workdir),
    mounts: rows.map(mountOf),
    ...(linkRows.length > 0 && { links: linkRows.map(linkOf) }),
    ...(output !== undefined && { output }),
    ...(draft.noAutomount !== false && { noAutomount: draft.noAutomount === true ? true : [...draft.noAutomount] }),
    env: draft.env.filter((row) => row.name.trim() !== '' || row.value !== '' || row.kept !== null).map(variableOf),
    ...(!draft.dotfiles && { noDotfiles: true }),
    resources,
    ...limits,
    network: draft.network,
    user: draft.user,
  };
  return {
    spec,
    rows,
    linkRows,
    problems: [...(command.error ? [{ field: 'command' as const, message: command.error }] : []), ...problems, ...limitProblems],
  };
}

/** The form for a spec: a past job to run again, a vfolder to mount, the sample. */
export function fromSpec(spec: Partial<JobSpec>): Draft {
  const command = fromArgv(spec.command ?? []);
  return {
    name: spec.name ?? '',
    engine: spec.engine ?? null,
    image: spec.image ?? '',
    command: command.text,
    shell: command.shell,
    code: spec.code?.source ?? '',
    codeMode: spec.code?.mode ?? 'ro',
    mounts: (spec.mounts ?? []).map((mount) => newMount(mount)),
    links: (spec.links ?? []).map((link) => newLink(link)),
    output: spec.output === null ? 'none' : spec.output === undefined ? 'default' : 'address',
    outputAddress: spec.output ?? '',
    env: (spec.env ?? []).map((variable) => newVariable(variable)),
    cpus: spec.resources?.cpus === undefined ? '' : String(spec.resources.cpus),
    memory: spec.resources?.memoryBytes === undefined ? '' : writeBytes(spec.resources.memoryBytes),
    shm: spec.resources?.shmBytes === undefined ? '' : writeBytes(spec.resources.shmBytes),
    ...draftGpus(spec.resources?.gpus),
    maxTime: spec.maxSeconds === undefined ? '' : writeDuration(spec.maxSeconds),
    ports: writePorts(spec.ports ?? []),
    dotfiles: !spec.noDotfiles,
    workdir: spec.workdir ?? '',
    network: spec.network ?? true,
    user: spec.user ?? 'self',
    noAutomount: spec.noAutomount ?? false,
  };
}

/** A secret of a past job comes without its value, and with where that is kept. */
export const newVariable = ({ name, value, secret, kept }: EnvironmentVariable = { name: '', value: '' }): DraftVariable => ({
  key: newKey(),
  name,
  value: secret && value === secretMarker ? '' : value,
  secret: secret ?? null,
  kept: secret ? (kept ?? null) : null,
});

/** The draft as it may be written down: without the values of secrets. */
export const withoutSecrets = (draft: Draft): Draft =>
  draft.env.some(({ secret }) => secret)
    ? { ...draft, env: draft.env.map((row) => (row.secret ? { ...row, value: '' } : row)) }
    : draft;

export const newMount = (mount: MountRequest = { source: ' ' }): DraftMount => ({
  key: newKey(),
  source: mount.source.trim(),
  target: mount.target ?? '',
  mode: mount.mode ?? null,
  approach: mount.approach ?? null,
});

export const newLink = (link: LinkRequest = { path: '', target: '' }): DraftLink => ({ key: newKey(), ...link });

/** The form after a one-click fix. Rows without a source, which the plan does not know, stay. */
export function applyFixToDraft(draft: Draft, fix: Fix): Draft {
  const { spec, rows, linkRows } = toSpec(draft);
  const next = applyFix(spec, fix);
  const removed = fix.change.kind === 'remove-mount' && fix.request !== null ? rows[fix.request] : undefined;
  const kept = rows.filter((row) => row !== removed);
  const changed = new Map(kept.map((row, index) => [row.key, next.mounts[index]]));
  const removedLink = fix.change.kind === 'remove-link' ? linkRows[fix.change.link] : undefined;
  const keptLinks = linkRows.filter((row) => row !== removedLink);
  const changedLinks = new Map(keptLinks.map((row, index) => [row.key, next.links?.[index]]));
  return {
    ...draft,
    engine: next.engine ?? null,
    user: next.user ?? draft.user,
    dotfiles: !next.noDotfiles,
    ...(fix.change.kind === 'remove-gpus' && draftGpus(undefined)),
    code: next.code?.source ?? '',
    codeMode: next.code?.mode ?? draft.codeMode,
    mounts: draft.mounts
      .filter((row) => row.key !== removed?.key)
      .map((row) => {
        const mount = changed.get(row.key);
        return mount ? { ...newMount(mount), key: row.key } : row;
      }),
    links: draft.links.filter((row) => row.key !== removedLink?.key).map((row) => ({ ...row, ...changedLinks.get(row.key) })),
  };
}

/** Nothing was typed yet, or all of it was taken back. */
export const isPristine = (draft: Draft): boolean => JSON.stringify(draft) === JSON.stringify(emptyDraft);

/** Fields that drafts of earlier versions lack. */
const laterFields: ReadonlySet<string> = new Set(['links', 'gpuChoice', 'gpus', 'maxTime', 'ports', 'dotfiles']);
const gpuChoices: readonly string[] = ['none', 'all', 'count', 'ids'];

/** Reads a kept draft; null when an older version or someone else wrote it. */
export function reviveDraft(value: unknown): Draft | null {
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Record<string, unknown>;
  for (const [key, initial] of Object.entries(emptyDraft)) {
    const found = given[key];
    if (key === 'noAutomount' || key === 'engine') continue;
    if (found === undefined && laterFields.has(key)) continue;
    if (Array.isArray(initial) ? !Array.isArray(found) : typeof found !== typeof initial) return null;
  }
  const draft = { ...emptyDraft, ...(value as Partial<Draft>) };
  if (![...draft.mounts, ...draft.links, ...draft.env].every((row: unknown) => typeof row === 'object' && row !== null))
    return null;
  return {
    ...draft,
    engine: engineIdSchema.safeParse(draft.engine).data ?? null,
    mounts: draft.mounts.map((row) => ({ ...row, approach: row.approach ?? null, key: newKey() })),
    links: draft.links.map((row) => ({ ...row, key: newKey() })),
    env: draft.env.map((row) => ({ ...row, secret: row.secret ?? null, kept: row.kept ?? null, key: newKey() })),
    gpuChoice: gpuChoices.includes(draft.gpuChoice) ? draft.gpuChoice : 'none',
  };
}
