import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findProgram } from '../find-program.ts';

/** What this machine has for mounting remote folders. */
export interface FuseFacts {
  readonly available: boolean;
  /** A whole sentence with what to do, where it is not available. */
  readonly why: string | null;
  /** Null where it is not available. */
  readonly tools: FuseTools | null;
}

export interface FuseTools {
  readonly rclone: string;
  /** `1.60.1` */
  readonly version: string;
  readonly fusermount: string;
  /** A mount can be opened to other users than the one who made it. */
  readonly allowOther: boolean;
}

/** The first rclone that keeps files in a cache on disk and remembers what it has not sent. */
const oldestVersion = [1, 53] as const;

/** Where things lie that are looked at; tests say others. */
export interface FusePlaces {
  readonly platform: NodeJS.Platform;
  readonly path: string;
  readonly device: string;
  readonly configuration: string;
  readonly uid: number;
}

const here = (): FusePlaces => ({
  platform: process.platform,
  path: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  device: '/dev/fuse',
  configuration: '/etc/fuse.conf',
  uid: process.getuid?.() ?? -1,
});

/** Looks for what mounting needs. Never fails. */
export async function findFuse(places: FusePlaces = here()): Promise<FuseFacts> {
  const missing = (why: string): FuseFacts => ({ available: false, why, tools: null });
  if (places.platform !== 'linux') return missing('Remote folders are shared by FUSE, which Stowage uses on Linux only.');
  const [rclone, fusermount] = await Promise.all([
    findProgram('rclone', places.path),
    findProgram('fusermount3', places.path).then((found) => found ?? findProgram('fusermount', places.path)),
  ]);
  if (!rclone)
    return missing('Remote folders are shared through rclone, which is not installed on this machine: install “rclone”.');
  const version = await versionOf(rclone);
  if (version === null) return missing(`“${rclone}” does not tell its version, so it is not used.`);
  if (isOlder(version))
    return missing(`rclone ${version} is too old: sharing remote folders needs ${oldestVersion.join('.')} or newer.`);
  if (!fusermount) return missing('The program “fusermount3” is not installed on this machine: install “fuse3”.');
  const device = await access(places.device, constants.R_OK | constants.W_OK).then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
  );
  if (device === 'ENOENT') return missing('This machine has no FUSE (“/dev/fuse” is not there).');
  if (device !== null) return missing('You may not use FUSE on this machine (“/dev/fuse” cannot be opened).');
  return { available: true, why: null, tools: { rclone, version, fusermount, allowOther: await othersAllowed(places) } };
}

async function versionOf(rclone: string): Promise<string | null> {
  const env = { PATH: process.env.PATH ?? '', RCLONE_CONFIG: '/dev/null' };
  const told = await promisify(execFile)(rclone, ['version'], { timeout: 10_000, env }).catch(() => null);
  return /^rclone v(\d+\.\d+(?:\.\d+)?)/.exec(told?.stdout ?? '')?.[1] ?? null;
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1]);
}

/** Root always may; others where the system's configuration says so. */
async function othersAllowed({ uid, configuration }: FusePlaces): Promise<boolean> {
  if (uid === 0) return true;
  const text = await readFile(configuration, 'utf8').catch(() => '');
  return /^\s*user_allow_other\s*$/m.test(text);
}
