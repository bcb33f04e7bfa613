import { spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import type { FuseTools } from './fuse-status.ts';
import { type MountRecord, mountFiles } from './mount-record.ts';
import type { RcloneRemote } from './rclone-remote.ts';

/**
 * Becomes rclone after it has noted its pid and start time, in a session of its own, so that the mount outlives the app.
 * What rclone says goes to `log`, the first 5,000 lines and without signatures: its errors may repeat whole addresses. The
 * script is fixed; what differs comes as arguments. `log-ended` is made when the log is whole.
 *
 *   $1  the folder of the mount
 *   $2… rclone and its arguments
 */
const mountScript = `
umask 077
cd "$1" || exit 1
shift
rm -f pipe log-ended
mkfifo pipe || exit 1
{ sed -u -E -e '5000,$d' -e 's/^(.{2000}).*/\\1/' -e 's/(^|[?&; ]|%26)(sig|X-Amz-[A-Za-z-]*)(=|%3D)[^&" ]*/\\1\\2=[secret]/g' -e 's/(Authorization: *\\[?)[^]]*/\\1[secret]/' < pipe >> log 2>&1; : > log-ended; } &
(read -r line < /proc/$$/stat; set -- \${line##*) }; shift 19; printf '%s %s\\n' "$$" "$1") > started
exec "$@" > pipe 2>&1 < /dev/null
`;

/** Bytes that the files of a mount may take on this machine: what is asked for, but never more than half of what is free. */
export async function cacheBytes(directory: string, limit: number): Promise<number> {
  const disk = await statfs(directory);
  return Math.max(64 * 1024 * 1024, Math.min(limit, Math.floor((disk.bavail * disk.bsize) / 2)));
}

export interface Launch {
  readonly directory: string;
  readonly record: MountRecord;
  readonly tools: FuseTools;
  readonly remote: RcloneRemote;
  readonly cacheBytes: number;
  /** Patterns of what the job does not see. */
  readonly hidden: readonly string[];
}

/** Starts rclone and lets go of it; that it runs, and its end, are seen from `started` and the process table. */
export async function launchRclone(launch: Launch): Promise<void> {
  const { directory, tools, remote } = launch;
  const child = spawn('/bin/sh', ['-c', mountScript, 'sh', directory, tools.rclone, ...mountArguments(launch)], {
    cwd: directory,
    // Nothing of this process's own: neither keys for other services nor settings for rclone that the user made.
    env: {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      ...authorities(),
      RCLONE_CONFIG: '/dev/null',
      ...remote.env,
    },
    detached: true,
    stdio: 'ignore',
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
}

/** An authority of the user's own counts beside the system's, as it does for Stowage itself. */
function authorities(): Record<string, string> {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  return file ? { SSL_CERT_FILE: file } : {};
}

function mountArguments({ directory, record, remote, cacheBytes, hidden }: Launch): string[] {
  const { files, cache } = mountFiles(directory);
  const owner = record.owner ? ['--uid', String(record.owner.uid), '--gid', String(record.owner.gid)] : [];
  return [
    'mount',
    remote.remote,
    files,
    ...(record.readOnly ? ['--read-only', '--vfs-cache-mode', 'full'] : ['--vfs-cache-mode', 'writes', '--vfs-write-back', '1s']),
    // Read ahead onto the disk rather than into memory, of which every open file takes its own.
    ...['--vfs-read-chunk-size', '64M', '--vfs-read-ahead', '128M', '--buffer-size', '16M'],
    ...['--vfs-cache-max-size', String(cacheBytes), '--vfs-cache-max-age', '1000h', '--vfs-cache-poll-interval', '10s'],
    ...['--cache-dir', cache, '--devname', `stowage-${record.jobId}-${record.mount}`],
    ...(record.allowOther ? ['--allow-other'] : []),
    ...owner,
    ...(record.file === null ? hidden.flatMap((pattern) => ['--exclude', pattern]) : ['--include', `/${literal(record.file)}`]),
    ...['--log-level', 'NOTICE', '--retries', '1', '--contimeout', '15s', '--timeout', '60s'],
  ];
}

/** A name as a pattern that stands for nothing else. */
const literal = (name: string): string => name.replace(/[\\*?[\]{}]/g, '\\$&');
