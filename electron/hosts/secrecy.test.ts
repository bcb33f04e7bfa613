import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { HostAttach } from '#shared/contract/hosts.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import { type Core, openCore } from '../core.ts';
import { createInProcessClient } from '../rpc/in-process.ts';
import { openDatabase } from '../store/database.ts';
import { type FakeService, serve } from './fake-service.fixture.ts';

const key = Buffer.from('planted account key: nobody may ever find this text in the data!').toString('base64');
const signature = Buffer.from('planted-signature-of-32-bytes+/!').toString('base64');
const sas = `sv=2024-11-04&ss=b&srt=sco&sp=rwdlc&se=2099-01-02T03:04:05Z&sig=${encodeURIComponent(signature)}`;
const secretAccessKey = 'planted/secret+access/key/of/40/letters!!';
const sessionToken = 'planted-session-token//which+is=long==';
const planted = [key, signature, sas, secretAccessKey, sessionToken];

/** Every way in which a secret could be written down. */
const forms = planted.flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  JSON.stringify(secret).slice(1, -1),
]);
const found = (text: string): string[] => forms.filter((form) => text.includes(form));

let base: string;
let home: string;
let services: FakeService[];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stowage-secrecy-'));
  home = join(base, 'home');
  services = [];
  vi.stubEnv('STOWAGE_KEY_FILE', join(base, 'secrets.key'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(services.map((service) => service.stop()));
  rmSync(base, { recursive: true, force: true });
});

/** Services that repeat whatever they are sent, in their refusals, or in answers that nobody can understand. */
async function startEchoes(): Promise<number[]> {
  const echo = (request: IncomingMessage): string => `${request.url} ${JSON.stringify(request.headers)} ${planted.join(' ')}`;
  const answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [
    (request, response) => response.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed' }).end(echo(request)),
    (request, response) =>
      response
        .writeHead(403, { 'content-type': 'application/xml' })
        .end(`<Error><Code>AccessDenied</Code><Message>${echo(request)}</Message></Error>`),
    (request, response) =>
      response.writeHead(400, { 'x-ms-error-code': `Odd ${key}` }).end(`<Error><Code>${echo(request)}</Code></Error>`),
    (request, response) =>
      response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?><Odd>${echo(request)}`),
    (request) => request.socket.destroy(),
  ];
  services = await Promise.all(answers.map(serve));
  return services.map(({ port }) => port);
}

const attachments = (port: number): HostAttach[] => {
  const endpoint = `http://127.0.0.1:${port}`;
  return [
    { form: 'azure-key', account: 'lab', key, endpoint: `${endpoint}/lab`, container: 'train' },
    { form: 'azure-sas', account: 'lab', sas, endpoint: `${endpoint}/lab`, container: 'train' },
    { form: 's3', endpoint, accessKeyId: 'ASIAPLANTED', secretAccessKey, sessionToken, bucket: 'train' },
  ];
};

/** Does everything that asks the host, and gives every text that came of it. */
async function exercise(client: StowageClient, id: string, vfolder: string, file: string): Promise<string> {
  const told: unknown[] = [];
  const tell = async (work: Promise<unknown>): Promise<void> => {
    told.push(await work.catch((error: unknown) => [error instanceof Error ? [error.message, error.stack] : error, error]));
  };
  await tell(client.hosts.test({ id }));
  await tell(client.hosts.get({ id }));
  await tell(client.vfolders.create({ name: `new-${vfolder}`, host: id }));
  await tell(
    (async () => {
      for await (const page of await client.files.list({ vfolder, path: '' })) told.push(page);
    })(),
  );
  await tell(client.files.makeDirectory({ vfolder, path: 'folder' }));
  const started = client.transfers.start({
    sources: [{ kind: 'local', path: file }],
    destination: { kind: 'vfolder', vfolder, path: '' },
    conflict: 'overwrite',
  });
  await tell(started);
  const transfer = await started.catch(() => null);
  if (transfer) {
    await vi.waitFor(async () => expect((await client.transfers.files({ id: transfer.id })).length).toBeGreaterThan(0), 10_000);
    await vi
      .waitFor(async () => expect(['queued', 'running']).not.toContain((await client.transfers.get({ id: transfer.id })).state), {
        timeout: 4000,
      })
      .catch(() => undefined);
    await tell(client.transfers.get({ id: transfer.id }));
    await tell(client.transfers.files({ id: transfer.id }));
    await tell(client.transfers.cancel({ id: transfer.id }));
  }
  return JSON.stringify(told);
}

/** The vfolder as if it had been made when the host still answered. */
function addVfolder(hostId: string, name: string): void {
  const { database } = openDatabase(home);
  database.run(
    "INSERT INTO vfolders (id, name, host_id, kind, root, usage, permission, created_at) VALUES (?, ?, ?, 'managed', ?, 'general', 'rw', 1)",
    name,
    name,
    hostId,
    name,
  );
  database.close();
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it('no secret is found in the data directory, the log, or anything that is told, whatever the service answers', async () => {
  const file = join(base, 'upload.txt');
  mkdirSync(home);
  writeFileSync(file, 'content');
  const ports = await startEchoes();
  let core: Core = await openCore({ home, localRoot: join(base, 'vfolders'), shell: 'browser' });
  let client = createInProcessClient(core.router);
  const ids: string[] = [];
  const told: string[] = [];
  for (const port of ports) {
    for (const attach of attachments(port)) {
      const name = `host-${ids.length}`;
      told.push(JSON.stringify(await client.hosts.test({ attach })));
      const host = await client.hosts.add({ name, attach, ...(ids.length % 4 === 3 && { keep: 'session' }) });
      told.push(JSON.stringify(host));
      ids.push(host.id);
    }
  }
  await core.start();
  for (const [index, id] of ids.entries()) addVfolder(id, `v${index}`);
  told.push(...(await Promise.all(ids.map((id, index) => exercise(client, id, `v${index}`, file)))));
  told.push(JSON.stringify([await client.hosts.list(), await client.app.doctor(), await client.hosts.secretStorage()]));
  // Once more with secrets that are read back rather than given.
  await core.close();
  core = await openCore({ home, localRoot: join(base, 'vfolders'), shell: 'browser' });
  client = createInProcessClient(core.router);
  for (const result of await Promise.all(ids.map((id) => client.hosts.test({ id })))) told.push(JSON.stringify(result));
  const whileOpen = everyFile(home).filter((path) => !path.endsWith('lock.db'));
  for (const path of whileOpen) expect(found(readFileSync(path, 'latin1')), path).toEqual([]);
  await core.close();

  for (const path of everyFile(home)) expect(found(readFileSync(path, 'latin1')), path).toEqual([]);
  expect(whileOpen.map((path) => path.slice(home.length + 1))).toEqual(expect.arrayContaining(['stowage.db', 'secrets.json']));
  expect(found(told.join('\n'))).toEqual([]);
  // What was looked for could have been found: the services did repeat it.
  expect(services.slice(0, 4).every((service) => service.connections() > 5)).toBe(true);
  expect(told.join('\n')).toContain('credentials-rejected');
}, 120_000);

it('a bad attachment is refused without repeating what was given', async () => {
  const core = await openCore({ home, localRoot: join(base, 'vfolders'), shell: 'browser' });
  const client = createInProcessClient(core.router);
  const bad: unknown[] = [
    { form: 'azure-connection-string', connectionString: `AccountName=lab;AccountKey=${key};AccountKey=${key}` },
    { form: 'azure-sas', account: 'lab', sas: sas.replace('ss=b', 'ss=q') },
    { form: 'azure-container-sas', url: `https://lab.blob.core.windows.net/?${sas.replace('sp=', 'xx=%')}` },
    { form: 'azure-key', account: `https://lab?${sas}`, key },
    { form: 'azure-key', account: 'lab', key, endpoint: `https://lab:${secretAccessKey.replaceAll('/', '')}@example.com` },
    { form: 's3', accessKeyId: 'AKIAX', secretAccessKey: `${secretAccessKey}\n${sessionToken}` },
    { form: 's3', accessKeyId: 5, secretAccessKey },
    { form: 'unknown', secretAccessKey, key, sas },
  ];
  for (const attach of bad) {
    const error = await client.hosts.add({ name: 'bad', attach: attach as HostAttach }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(found(JSON.stringify([error, String(error), (error as Error).stack])), JSON.stringify(attach)).toEqual([]);
  }
  await core.close();
  for (const path of everyFile(home)) expect(found(readFileSync(path, 'latin1')), path).toEqual([]);
});
