import type { RunRequest } from './engine.ts';

/** What runs of tests have in common: nothing that can be left out. */
export const plainRun: Omit<RunRequest, 'jobId' | 'image' | 'command'> = {
  workdir: '/home/work',
  env: [],
  binds: [],
  volumes: [],
  directories: [],
  links: [],
  files: [],
  user: null,
  cpus: null,
  memoryBytes: null,
  shmBytes: 64 * 1024 * 1024,
  gpus: null,
  ports: [],
  network: false,
};
