import type { JobSpec } from '../contract/plan.ts';

/** What a name may have as a folder: one segment that every storage host can hold. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
    .replace(/[-.]+$/, '');
  return plain === '' ? 'job' : plain;
}

/** A short name by what runs: the image's (`ghcr.io/x/pytorch:2` is `pytorch`), else the command's. */
export function shortName(spec: Pick<JobSpec, 'image' | 'command'>): string {
  const what = spec.image?.replace(/@.*$/, '').replace(/:[^/:]*$/, '') ?? spec.command[0] ?? 'job';
  return slug(what.slice(what.lastIndexOf('/') + 1)).slice(0, 40);
}

/**
 * The name of a new job, unique by `taken`: the wished one (then `wished-2`, …), else `<short name>-<number of the job>`.
 * `folder` is the same as a folder's name; `taken` is asked about both.
 */
export async function uniqueName(
  spec: Pick<JobSpec, 'name' | 'image' | 'command'>,
  id: number,
  taken: (name: string, folder: string) => boolean | Promise<boolean>,
): Promise<{ name: string; folder: string }> {
  const wished = spec.name?.trim() || null;
  const base = wished ?? `${shortName(spec)}-${id}`;
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? '' : `-${count}`;
    const candidate = { name: base + suffix, folder: slug(base) + suffix };
    if (!(await taken(candidate.name, candidate.folder))) return candidate;
  }
}
