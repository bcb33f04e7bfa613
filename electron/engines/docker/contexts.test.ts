import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from './certificates.fixture.ts';
import { contextConnection, contextNames, currentContext } from './contexts.ts';
import { pems } from './second-engine.fixture.ts';

/** The store is written by the docker program itself. */

let directory: string;
let environment: NodeJS.ProcessEnv;
let certificates: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-contexts-'));
  environment = { DOCKER_CONFIG: join(directory, 'config') };
  certificates = makeCertificates(directory, '127.0.0.1').client;
  const file = (name: string): string => join(certificates, name);
  const tls = `ca=${file('ca.pem')},cert=${file('cert.pem')},key=${file('key.pem')}`;
  create('safe', `host=tcp://10.0.0.1:2376,${tls}`);
  create('careless', 'host=tcp://10.0.0.2:2376,skip-tls-verify=true');
  create('far', 'host=ssh://ada@far.example:2222');
  create('rootless', 'host=unix:///run/user/1000/docker.sock');
});
afterAll(() => rmSync(directory, { recursive: true }));

const docker = (...args: string[]): Buffer =>
  execFileSync('docker', args, { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
const create = (name: string, endpoint: string): unknown => docker('context', 'create', name, '--docker', endpoint);

it('finds what the docker program keeps, with certificates', () => {
  expect(contextNames(environment)).toEqual(['careless', 'far', 'rootless', 'safe']);
  expect(contextConnection('safe', environment)).toEqual({
    host: '10.0.0.1',
    port: 2376,
    tls: { verify: true, ...pems(certificates) },
  });
  expect(contextConnection('careless', environment)).toEqual({ host: '10.0.0.2', port: 2376, tls: { verify: false } });
  expect(contextConnection('far', environment)).toMatchObject({ ssh: { host: 'far.example', user: 'ada', port: 2222 } });
  expect(contextConnection('rootless', environment)).toEqual({ socketPath: '/run/user/1000/docker.sock' });
  expect(contextConnection('default', environment)).toEqual({ socketPath: '/var/run/docker.sock' });
});

it('takes the context that is in use, which the environment may change', () => {
  expect(currentContext(environment)).toBe('default');
  docker('context', 'use', 'far');
  expect(currentContext(environment)).toBe('far');
  expect(currentContext({ ...environment, DOCKER_CONTEXT: 'safe' })).toBe('safe');
  const moved = { ...environment, DOCKER_CONTEXT: 'safe', DOCKER_HOST: 'tcp://10.0.0.3:2375' };
  expect(currentContext(moved)).toBe('default');
  expect(contextConnection('default', moved)).toEqual({ host: '10.0.0.3', port: 2375 });
});

it('takes the certificates that DOCKER_CERT_PATH names', () => {
  const variables = { DOCKER_HOST: 'tcp://10.0.0.3:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates };
  expect(contextConnection('default', variables)).toMatchObject({ tls: { verify: true, ...pems(certificates) } });
});

it('says which contexts there are when one is not', () => {
  expect(() => contextConnection('gone', environment)).toThrow(/no Docker context “gone”.*default, careless, far/);
});

it('passes over what is damaged, of another name or no name of an engine', () => {
  const meta = join(directory, 'config', 'contexts', 'meta');
  for (const [folder, text] of [
    ['damaged', '{'],
    ['other', '{"Name":"safe","Endpoints":{"docker":{"Host":"tcp://evil:1"}}}'],
    ['without', '{"Name":"x","Endpoints":{}}'],
  ] as const) {
    mkdirSync(join(meta, folder), { recursive: true });
    writeFileSync(join(meta, folder, 'meta.json'), text);
  }
  writeFileSync(join(directory, 'config', 'config.json'), '[]');
  expect(contextNames(environment)).toEqual(['careless', 'far', 'rootless', 'safe']);
  expect(currentContext(environment)).toBe('default');
  expect(contextNames({ DOCKER_CONFIG: join(directory, 'nowhere') })).toEqual([]);
});
