import { afterAll } from 'vitest';
import { engineContract } from '../contract.suite.ts';
import { createDockerEngine } from './engine.ts';
import { startPodman } from './podman.fixture.ts';

const image = 'busybox:local';
const podman = await startPodman(image);
afterAll(() => podman.stop());

engineContract('podman', {
  create: (homeId) => createDockerEngine({ homeId, id: 'podman', connection: { socketPath: podman.socketPath } }),
  image,
  user: { uid: 1234, gid: 1234 },
});
