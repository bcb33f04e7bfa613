import type { HostSettings } from '#shared/contract/hosts.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { isStowageError } from '#shared/errors.ts';
import { isAutomountName } from '#shared/names.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { LocalProvider } from '../storage/local/provider.ts';
import { hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import { createLinkHealth, type LinkHealth } from './link-health.ts';
import { createLinkProvider } from './link-provider.ts';
import { type LinkRules, resolveLinkTarget } from './link-rules.ts';
import { type HostAccess, localLinkOf, placeOf, type VfolderRow } from './rows.ts';

/** Where vfolders lie: the one place that knows how a row becomes a storage and a path in it. */
export interface Placement {
  /** The storage that holds a vfolder: its host's, or of a link to a folder of this machine one of its own. */
  provider(row: VfolderRow): StorageProvider;
  show(row: VfolderRow): Vfolder;
  readonly health: LinkHealth;
}

export function createPlacement(hosts: HostAccess, rules: LinkRules, changed: () => void): Placement {
  const links = new Map<string, { key: string; provider: LocalProvider }>();
  const linkProvider = (row: VfolderRow, { path, real }: { path: string; real: string }): StorageProvider => {
    const key = `${row.permission} ${row.link_target}`;
    const open = links.get(row.id);
    if (open?.key === key) return open.provider;
    const resolve = (): Promise<string> => resolveLinkTarget(path, rules);
    const provider = createLinkProvider({ target: path, real, readOnly: row.permission === 'ro', resolve });
    links.set(row.id, { key, provider });
    return provider;
  };
  const provider = (row: VfolderRow): StorageProvider => {
    const link = localLinkOf(row);
    return link ? linkProvider(row, link) : hosts.provider(row.host_id);
  };
  const probe = async (row: VfolderRow, signal: AbortSignal): Promise<void> => {
    await provider(row).stat(placeOf(row), { signal });
  };
  const health = createLinkHealth({ probe, changed });
  return {
    provider,
    health,
    show: (row) => {
      const localPath = localPathOf(provider, row);
      const { id, name, kind, settings, readOnly } = hosts.describe(row.host_id);
      return {
        id: row.id,
        name: row.name,
        host: { id, name, kind },
        kind: row.kind,
        usage: row.usage,
        // Work that goes past the provider, by path, keeps to this too: fast local copies, mounts.
        permission: readOnly && !localLinkOf(row) ? 'ro' : row.permission,
        note: row.note,
        mountPath: row.mount_path,
        automount: isAutomountName(row.name),
        localPath,
        place: localLinkOf(row)?.path ?? localPath ?? remotePlace(settings, placeOf(row)),
        broken: health.broken(row),
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
        trashedAt: row.trashed_at,
      };
    },
  };
}

/** `container/prefix` on a service. */
function remotePlace(settings: HostSettings, path: InnerPath): string {
  const container = settings.kind === 'azure-blob' ? settings.container : settings.kind === 's3' ? settings.bucket : null;
  const prefix = 'prefix' in settings ? settings.prefix.replace(/^\/+|\/+$/g, '') : '';
  return [container, prefix, path].filter(Boolean).join('/');
}

/** Null too where the host cannot be opened now, for want of its secret: its vfolders are listed all the same. */
function localPathOf(provider: (row: VfolderRow) => StorageProvider, row: VfolderRow): string | null {
  try {
    const open = provider(row);
    return hasLocalPath(open) ? open.localPath(placeOf(row)) : null;
  } catch (error) {
    if (!isStowageError(error)) throw error;
    return null;
  }
}
