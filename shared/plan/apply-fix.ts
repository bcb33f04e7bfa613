import type { Fix, JobSpec, MountRequest } from '../contract/plan.ts';
import { assertNever } from '../errors.ts';

/** The spec with a fix applied; the spec as it is when the fix names a mount that is no longer there. Changes nothing in place. */
export function applyFix(spec: JobSpec, fix: Fix): JobSpec {
  const { change } = fix;
  switch (change.kind) {
    case 'set-target':
      return changeMount(spec, fix.request, (mount) => ({ ...mount, target: change.target }));
    case 'set-source':
      return changeMount(spec, fix.request, (mount) => {
        const { target, ...rest } = mount;
        const next = change.target === undefined ? target : (change.target ?? undefined);
        return { ...rest, source: change.source, ...(next !== undefined && { target: next }) };
      });
    case 'set-mode':
      return changeMount(spec, fix.request, (mount) => ({ ...mount, mode: change.mode }));
    case 'set-approach':
      return changeMount(spec, fix.request, (mount) => ({ ...mount, approach: change.approach }));
    case 'set-link':
      return {
        ...spec,
        links: (spec.links ?? []).map((link, index) => (index === change.link ? { ...link, path: change.path } : link)),
      };
    case 'remove-link':
      return { ...spec, links: (spec.links ?? []).filter((_, index) => index !== change.link) };
    case 'remove-mount':
      if (fix.request === null || !(fix.request in spec.mounts)) return spec;
      return { ...spec, mounts: spec.mounts.filter((_, index) => index !== fix.request) };
    case 'set-engine':
      return { ...spec, engine: change.engine };
    case 'remove-gpus': {
      const { gpus: _, ...resources } = spec.resources;
      return { ...spec, resources };
    }
    case 'set-user':
      return { ...spec, user: change.user };
    case 'no-dotfiles':
      return { ...spec, noDotfiles: true };
    default:
      return assertNever(change);
  }
}

function changeMount(spec: JobSpec, request: number | null, change: (mount: MountRequest) => MountRequest): JobSpec {
  const mount = request === null ? undefined : spec.mounts[request];
  if (mount === undefined) return spec;
  return { ...spec, mounts: spec.mounts.map((other, index) => (index === request ? change(mount) : other)) };
}
