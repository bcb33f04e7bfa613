import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import type { Check } from '#shared/contract/app.ts';
import type { EngineStatus } from '#shared/contract/engines.ts';
import type { Host } from '#shared/contract/hosts.ts';
import type { Quarantine } from '../store/database.ts';

interface Subjects {
  readonly home: string;
  readonly quarantined: Quarantine | null;
  readonly engines: () => Promise<EngineStatus[]>;
  readonly hosts: () => Promise<Host[]>;
  /** How secrets of hosts are kept. */
  readonly secrets: { readonly message: string; readonly warning: string | null };
  /** Whether folders of remote hosts can be mounted for jobs. */
  readonly fuse?: () => Promise<{ readonly available: boolean; readonly why: string | null }>;
  /** Bytes that the user may still write beside the data directory; null when nobody knows. */
  readonly freeBytes?: (home: string) => Promise<number | null>;
}

const lowDisk = 2 * 1024 ** 3;

/** What works on this machine, and how to mend what does not. */
export async function examine(subjects: Subjects): Promise<Check[]> {
  const [home, engines, hosts, fuse] = await Promise.all([
    checkHome(subjects.home, subjects.freeBytes ?? freeBytes),
    subjects.engines(),
    subjects.hosts(),
    subjects.fuse?.() ?? null,
  ]);
  return [
    checkRuntime(),
    ...home,
    checkDatabase(subjects.quarantined),
    checkSecrets(subjects.secrets),
    ...hosts.map(checkHost),
    ...engines.map(checkEngine),
    ...(fuse ? [checkFuse(fuse)] : []),
  ];
}

const checkRuntime = (): Check => ({
  name: 'Runtime',
  state: 'ok',
  message: `${process.versions.electron ? `Electron ${process.versions.electron}, ` : ''}Node ${process.versions.node} on ${process.platform} ${process.arch}`,
  hint: null,
});

const freeBytes = (home: string): Promise<number | null> =>
  statfs(home).then(
    (disk) => disk.bavail * disk.bsize,
    () => null,
  );

async function checkHome(home: string, free: (home: string) => Promise<number | null>): Promise<Check[]> {
  const writable = await access(home, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  const folder: Check = writable
    ? { name: 'Data directory', state: 'ok', message: home, hint: null }
    : {
        name: 'Data directory',
        state: 'error',
        message: `“${home}” cannot be written.`,
        hint: 'Give your user write permission on it, or set STOWAGE_HOME to another folder.',
      };
  const bytes = await free(home);
  if (bytes === null) return [folder];
  const gigabytes = `${(bytes / 1e9).toFixed(1)} GB free`;
  return [
    folder,
    bytes < lowDisk
      ? {
          name: 'Disk',
          state: 'warning',
          message: `Only ${gigabytes} beside the data directory.`,
          hint: 'Empty the trash or free space: uploads and job logs need room.',
        }
      : { name: 'Disk', state: 'ok', message: gigabytes, hint: null },
  ];
}

function checkDatabase(quarantined: Quarantine | null): Check {
  if (!quarantined) return { name: 'Database', state: 'ok', message: 'Sound', hint: null };
  return {
    name: 'Database',
    state: 'error',
    message: `The database was damaged (${quarantined.reason}) and a new one was begun.`,
    hint: `The old one is kept at “${quarantined.path}”. Your files are untouched; vfolders can be created again over a restored copy.`,
  };
}

const checkSecrets = ({ message, warning }: Subjects['secrets']): Check => ({
  name: 'Secrets',
  state: warning === null ? 'ok' : 'warning',
  message: warning ?? message,
  hint: warning === null ? null : message,
});

const checkHost = ({ name, root, status }: Host): Check => ({
  name: `Storage host “${name}”`,
  state: status.state === 'checking' ? 'warning' : status.state,
  message: status.state === 'ok' ? root : status.message,
  hint: status.state === 'ok' ? null : status.hint,
});

function checkEngine(engine: EngineStatus): Check {
  if (engine.state === 'ready') return { name: `Engine ${engine.name}`, state: 'ok', message: engine.message, hint: null };
  return { name: `Engine ${engine.name}`, state: 'warning', message: engine.message, hint: engineHint(engine) };
}

const checkFuse = ({ why }: { readonly why: string | null }): Check => ({
  name: 'Sharing remote folders',
  state: why === null ? 'ok' : 'warning',
  message: why ?? 'Folders of remote hosts can be mounted for jobs.',
  hint: why === null ? null : 'Jobs get copies of remote folders instead.',
});

/** What to do about others stands in their message. */
function engineHint(engine: EngineStatus): string | null {
  if (engine.id !== 'docker' && engine.id !== 'process') return null;
  if (engine.kind === 'process') return 'Jobs need a container engine on this machine.';
  if (engine.state === 'permission')
    return 'Add your user to the group “docker” (sudo usermod -aG docker $USER), then sign in again.';
  return 'Start Docker (or Docker Desktop), or run jobs on the process engine, without isolation.';
}
