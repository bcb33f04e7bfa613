import type { Fix } from '../contract/plan.ts';
import { engineKind, engineName } from '../engines.ts';
import { visible } from '../paths.ts';
import { askedGpus, judgeGpuRequest } from './gpus.ts';
import { comparablePath, hostPathWithin } from './host-path.ts';
import { describe, sentence } from './layout.ts';
import type { Choices, Finding, LaidMount, Layout } from './types.ts';

/** Conflicts with what the engine is and can do, and with image and command. */
export function findEngineConflicts(layout: Layout, choices: Choices): Finding[] {
  return [
    ...judgeReadiness(layout),
    ...judgeSharing(layout, choices),
    ...judgeLimits(layout),
    ...judgeGpus(layout),
    ...judgePorts(layout),
    ...judgeImage(layout),
    ...judgeCommand(layout),
    ...judgeUser(layout),
    ...judgeSubmounts(layout, choices),
  ];
}

/** Folders of this machine that the engine is to see as they are. */
const sharedOf = ({ mounts }: Layout, choices: Choices): LaidMount[] =>
  mounts.filter(({ facts, index }) => facts.problem === null && facts.localPath !== null && choices[index]?.approach === 'share');

/** Names of the first mounts, and how many more. */
function listed(mounts: readonly LaidMount[]): string {
  const names = mounts.slice(0, 3).map(describe).join(', ');
  return mounts.length > 3 ? `${names} and ${mounts.length - 3} more` : names;
}

export function otherEngine({ request }: Layout): Fix[] {
  return request.otherEngines
    .filter((engine) => engine !== request.engine.id)
    .map((engine) => ({
      label:
        engineKind(engine) === 'process' ? 'Run it on this machine without a container' : `Run it with ${engineName(engine)}`,
      request: null,
      change: { kind: 'set-engine', engine },
    }));
}

function judgeReadiness(layout: Layout): Finding[] {
  const { engine } = layout.request;
  if (engine.state === 'ready') return [];
  const message = `The engine “${engine.name}” cannot run jobs now: ${engine.message}`;
  return [{ code: 'engine-not-ready', severity: 'error', message, mounts: [], fixes: otherEngine(layout) }];
}

function judgeSharing(layout: Layout, choices: Choices): Finding[] {
  const { engine, machine } = layout.request;
  const mounts = sharedOf(layout, choices);
  // What another machine cannot see is not shared with it (approach.ts).
  if (mounts.length === 0 || engine.kind !== 'docker' || !engine.local) return [];
  if (machine.platform === 'linux') {
    if (!engine.selinux) return [];
    const message = `SELinux is enforcing on this machine: the job may be refused ${listed(mounts)} until the folders carry the label container_file_t (the mount option “z”).`;
    return [{ code: 'selinux', severity: 'warning', message, mounts }];
  }
  const unshared = mounts.filter(({ facts }) => !isSharedByDefault(facts.realPath ?? facts.localPath ?? '', machine.platform));
  if (unshared.length === 0) return [];
  const message = `${sentence(listed(unshared))} may not be in the engine's file-sharing list; if the start fails with “mounts denied”, add the folder in the engine's settings under File sharing.`;
  return [{ code: 'file-sharing', severity: 'warning', message, mounts: unshared }];
}

const macShared = ['/users', '/volumes', '/private', '/tmp', '/var/folders'];

/** Docker Desktop's defaults: some top folders on macOS, the drives on Windows. */
function isSharedByDefault(path: string, platform: string): boolean {
  const comparable = comparablePath(path, platform);
  if (platform === 'win32') return /^[a-z]:\//.test(comparable);
  return platform !== 'darwin' || macShared.some((folder) => hostPathWithin(comparable, folder));
}

function judgeLimits(layout: Layout): Finding[] {
  const { engine, spec } = layout.request;
  const found: Finding[] = [];
  const { cpus, memoryBytes, shmBytes } = spec.resources;
  const asked = [
    ...(cpus === undefined ? [] : ['CPU']),
    ...(memoryBytes === undefined ? [] : ['memory']),
    ...(shmBytes === undefined ? [] : ['shared memory']),
  ];
  if (!engine.limits && asked.length > 0) {
    const message = `The engine “${engine.name}” does not keep limits: the job may use more than the ${asked.join(', ')} asked for.`;
    found.push({ code: 'limits-not-kept', severity: 'warning', message, mounts: [] });
  }
  if (engine.kind !== 'process' || engine.absoluteTargets) return found;
  if (spec.network === false) {
    const message = `The engine “${engine.name}” cannot keep the job off the network.`;
    found.push({ code: 'limits-not-kept', severity: 'warning', message, mounts: [] });
  }
  // Only where the person chose read-only for something that could be written: the rest protects itself.
  const writable = layout.mounts.filter(({ mode, facts }) => mode === 'ro' && facts.writable);
  if (writable.length > 0) {
    const message = `The engine “${engine.name}” cannot keep read-only mounts from being written: ${listed(writable)}.`;
    found.push({ code: 'read-only-not-kept', severity: 'warning', message, mounts: writable });
  }
  return found;
}

/** What the engine would refuse only at the start, or (Podman) leave out without a word. */
function judgeGpus(layout: Layout): Finding[] {
  const { engine, spec } = layout.request;
  const { gpus } = spec.resources;
  if (gpus === undefined || engine.state !== 'ready') return [];
  const judged = judgeGpuRequest(gpus, engine.gpus);
  if (judged === null) return [];
  const message = `The job asks for ${askedGpus(gpus)}, which the engine “${engine.name}” ${judged.why}`;
  const without: Fix = { label: 'Run it without GPUs', request: null, change: { kind: 'remove-gpus' } };
  return [{ code: 'gpus-missing', severity: judged.severity, message, mounts: [], fixes: [without] }];
}

function judgePorts({ request: { engine, spec } }: Layout): Finding[] {
  const [first] = spec.ports ?? [];
  if (first === undefined || engine.state !== 'ready' || engine.local) return [];
  const message = `The ports of the job are published on the machine of the engine “${engine.name}”, at its own loopback address: from here they are reached through a tunnel, such as “ssh -L ${first.host ?? first.container}:127.0.0.1:${first.host ?? first.container} HOST”.`;
  return [{ code: 'ports-elsewhere', severity: 'warning', message, mounts: [] }];
}

function judgeImage(layout: Layout): Finding[] {
  const { engine, spec, image } = layout.request;
  const name = spec.image?.trim() ?? '';
  if (engine.kind === 'process') {
    if (name === '') return [];
    const message = `The engine “${engine.name}” has no images: “${visible(name)}” is not used, the command runs with the programs of this machine.`;
    const fixes = otherEngine(layout);
    return [{ code: 'image-unused', severity: 'warning', message, mounts: [], fixes }];
  }
  if (name === '') return [{ code: 'image-needed', severity: 'error', message: 'The job needs an image to run in.', mounts: [] }];
  if (image !== 'missing') return [];
  const message = `The image “${visible(name)}” is not on the engine “${engine.name}”: it will be pulled before the start. What the mounts hide in it is not known until then.`;
  return [{ code: 'image-missing', severity: 'warning', message, mounts: [] }];
}

function judgeCommand({ request }: Layout): Finding[] {
  const { spec, engine, image } = request;
  const add = (message: string): Finding[] => [{ code: 'command-needed', severity: 'error', message, mounts: [] }];
  const [program] = spec.command;
  if (program !== undefined && program.trim() === '')
    return add('The first word of the command is empty: it names the program to run.');
  if (spec.command.some((word) => word.includes('\0'))) return add('The command contains a NUL byte.');
  if (program !== undefined) return [];
  if (engine.kind === 'process') return add('The job needs a command to run.');
  if (typeof image === 'string' || image.command.length > 0) return [];
  return add(`The image “${visible(spec.image ?? '')}” has no command of its own: say what to run.`);
}

const rootUsers = new Set(['', '0', 'root']);

function judgeUser(layout: Layout): Finding[] {
  const { spec, engine, image, machine } = layout.request;
  if (engine.kind !== 'docker' || spec.user !== 'image' || machine.platform !== 'linux' || machine.uid === 0) return [];
  const user = typeof image === 'string' ? null : (image.user ?? '').split(':')[0];
  const writable = layout.mounts.filter((mount) => mount.mode === 'rw');
  if (writable.length === 0 || (user !== null && !rootUsers.has(user ?? ''))) return [];
  const message = `The job runs as ${user === null ? 'the user of the image, perhaps root,' : 'root'}: what it writes to ${listed(writable)} will not belong to you.`;
  const fixes: Fix[] = [{ label: 'Run it as yourself', request: null, change: { kind: 'set-user', user: 'self' } }];
  return [{ code: 'output-as-root', severity: 'warning', message, mounts: writable, fixes }];
}

/** Read-only for all file systems below a mount needs Linux 5.12 and Docker 25. */
function judgeSubmounts(layout: Layout, choices: Choices): Finding[] {
  const { engine } = layout.request;
  if (engine.kind !== 'docker' || (atLeast(engine.kernel, 5, 12) && atLeast(engine.version, 25, 0))) return [];
  const found: Finding[] = [];
  for (const mount of layout.mounts) {
    const [first] = mount.facts.submounts;
    if (mount.mode !== 'ro' || first === undefined || choices[mount.index]?.approach !== 'share') continue;
    const message = `${sentence(describe(mount))} is mounted read-only, but the file system mounted in it at ${visible(first)} stays writable: that needs Linux 5.12 and Docker 25.`;
    found.push({ code: 'submounts-writable', severity: 'warning', message, mounts: [mount] });
  }
  return found;
}

/** An unknown version is taken for an old one. */
function atLeast(version: string | null, major: number, minor: number): boolean {
  const match = /^v?(\d+)(?:\.(\d+))?/.exec(version ?? '');
  if (!match) return false;
  const found = Number(match[1]);
  return found > major || (found === major && Number(match[2] ?? 0) >= minor);
}
