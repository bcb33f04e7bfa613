import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEngineFinder, engineSocketPaths } from './find-engines.ts';

let directory: string;
let environment: NodeJS.ProcessEnv;
let server: Server;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-finder-'));
  const socket = join(directory, 'podman.sock');
  server = createServer().listen(socket);
  await once(server, 'listening');
  environment = { PATH: process.env.PATH, DOCKER_CONFIG: join(directory, 'config'), CONTAINER_HOST: `unix://${socket}` };
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const create = (name: string, host: string): Buffer =>
  execFileSync('docker', ['context', 'create', name, '--docker', `host=${host}`], { env: environment, stdio: 'pipe' });
const found = (): string[] => createEngineFinder({ homeId: 'finder-test', environment }).ids();

it('finds the contexts besides the one in use, and Podman where it listens', () => {
  create('far', 'ssh://far.example');
  create('near', 'unix:///nowhere/docker.sock');
  expect(found()).toEqual(['docker:far', 'docker:near', 'podman']);
  environment.DOCKER_CONTEXT = 'near';
  expect(found()).toEqual(['docker:default', 'docker:far', 'podman']);
  environment.CONTAINER_HOST = 'unix:///nowhere/podman.sock';
  expect(found()).toEqual(['docker:default', 'docker:far']);
});

it('lists an engine once that has two names', () => {
  create('same', 'unix:///var/run/docker.sock');
  mkdirSync(join(directory, 'links'));
  symlinkSync(join(directory, 'podman.sock'), join(directory, 'links', 'docker.sock'));
  create('pod', `unix://${join(directory, 'links', 'docker.sock')}`);
  expect(found()).toEqual(['docker:pod']);
});

it('tells the sockets of all of them, for the planner to guard', () => {
  create('near', 'unix:///nowhere/docker.sock');
  expect(engineSocketPaths(environment)).toEqual(
    expect.arrayContaining(['/var/run/docker.sock', '/nowhere/docker.sock', join(directory, 'podman.sock')]),
  );
});

it('says of a context that is gone which ones there are', async () => {
  create('near', 'unix:///nowhere/docker.sock');
  const engine = createEngineFinder({ homeId: 'finder-test', environment }).make('docker:gone');
  expect(await engine?.status()).toMatchObject({
    state: 'absent',
    message: expect.stringContaining('There is no Docker context “gone”. Those that are there: default, near.'),
  });
});
