import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { copyImage } from './second-engine.fixture.ts';

/** For tests: Debian's Podman, with storage of its own, as it answers programs that speak to it as to Docker. */
export interface PodmanService {
  readonly socketPath: string;
  stop(): Promise<void>;
}

export async function startPodman(image: string): Promise<PodmanService> {
  const folder = mkdtempSync('/tmp/stowage-podman-');
  const socketPath = join(folder, 'podman.sock');
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--cgroup-manager', 'cgroupfs'];
  // By itself it gives jobs higher limits than a machine inside another may set.
  const config = join(folder, 'containers.conf');
  writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n');
  const podman = spawn('podman', [...storage, 'system', 'service', '--time', '0', `unix://${socketPath}`], {
    cwd: folder,
    env: { ...process.env, CONTAINERS_CONF: config },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  podman.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const docker = new Docker({ socketPath });
  const answers = (): Promise<boolean> =>
    docker.ping().then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (podman.exitCode !== null) throw new Error(`podman ended: ${said}`);
    await delay(50);
  }
  await copyImage(new Docker({ socketPath: '/var/run/docker.sock' }), docker, image);
  return {
    socketPath,
    stop: async () => {
      const ended = once(podman, 'exit');
      podman.kill('SIGTERM');
      await ended;
      // It leaves its layers mounted on themselves.
      spawnSync('umount', [join(folder, 'root', 'overlay')]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
