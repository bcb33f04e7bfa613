import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AccountSASPermissions, generateAccountSASQueryParameters, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HostAttach } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import { sampleDocker, sampleProcess } from '#shared/plan/sample-request.ts';
import { findProcess } from '../engines/process/processes.ts';
import { type Azurite, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { s3Server } from '../storage/s3/s3-server.fixture.ts';
import { makeMountFolder, readStarted } from './mount-record.ts';
import { launchRclone } from './rclone-process.ts';
import { type MountWorld, mountedBelow, openMounts, openRunner, pidOf, quiet } from './remote-mounts.fixture.ts';

// Real servers, a real FUSE, beside everything else that this machine may be doing.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

// Needs the kernel's FUSE, which not every container has.
describe.skipIf(!existsSync('/dev/fuse'))('a remote folder shared by FUSE', () => {
  let azurite: Azurite;
  let open: MountWorld | null = null;
  beforeAll(async () => {
    azurite = await startAzurite({ accounts: 2 });
  });
  afterAll(() => azurite.stop());
  afterEach(async () => {
    await open?.close();
    open = null;
  });
  /** An account of its own at another address than Microsoft's: rclone gets a signature made from the key. */
  const azure = (): Extract<HostAttach, { form: 'azure-key' }> => {
    const { name, key, endpoint } = azurite.nextAccount();
    return { form: 'azure-key', account: name, key, endpoint };
  };
  /** The same by a SAS that its owner made. */
  const azureSas = (): HostAttach => {
    const { account, key, endpoint } = azure();
    const sas = generateAccountSASQueryParameters(
      {
        services: 'b',
        resourceTypes: 'sco',
        permissions: AccountSASPermissions.parse('rwdlac'),
        expiresOn: new Date(Date.now() + 3600_000),
      },
      new StorageSharedKeyCredential(account, key),
    ).toString();
    return { form: 'azure-sas', account, sas, ...(endpoint !== undefined && { endpoint }) };
  };
  const s3 = async (): Promise<HostAttach> => {
    const { endpoint, accessKeyId, secretAccessKey } = await s3Server();
    return { form: 's3', endpoint, accessKeyId, secretAccessKey, pathStyle: true };
  };
  const openOn = async (attach: HostAttach): Promise<MountWorld> => {
    open = await openMounts(attach);
    return open;
  };

  for (const [name, attach] of [['Azure', azure] as const, ['S3', s3] as const]) {
    it(`gives jobs on both engines the bytes that are on ${name}, and takes what they write there`, async () => {
      const { world, mounts, directory, plan, put, get } = await openOn(await attach());
      const content = randomBytes(3_000_000);
      await put('deep/blob bin', content);
      const digest = createHash('sha256').update(content).digest('hex');
      const carryOut = async (engine: 'process' | 'docker', jobId: number): Promise<void> => {
        const runner = openRunner(engine, world);
        try {
          const out = `out-${engine}`;
          const script = `cd /home/work/data && sha256sum "deep/blob bin" && mkdir ${out} && echo made > ${out}/file && cp "deep/blob bin" ${out}/copy`;
          const job = plan(engine, ['sh', '-c', script], { readOnly: false });
          const run = await runner.start(jobId, job, await mounts.prepare(jobId, job, quiet()));
          expect((await run.ended).code).toBe(0);
          expect(run.output()).toContain(digest);
          await runner.engine.remove(run.reference);
          expect(await mounts.finish(jobId, job, quiet())).toEqual([]);
          expect((await get(`${out}/file`)).toString()).toBe('made\n');
          expect((await get(`${out}/copy`)).equals(content)).toBe(true);
          await mounts.release(jobId);
          expect(existsSync(directory(jobId))).toBe(false);
        } finally {
          await runner.close();
        }
      };
      await Promise.all([carryOut('process', 1), carryOut('docker', 2)]);
      expect(mountedBelow(world.home)).toBe(false);
    });
  }

  it('shows a folder, or one file, read-only, without what Stowage keeps for itself', async () => {
    const { world, mounts, plan, put } = await openOn(azureSas());
    await put('in/one [1]*', 'first');
    await put('in/two', 'second');
    const runner = openRunner('process', world);
    try {
      const script = 'ls -A /home/work/data; touch /home/work/data/new 2>&1; true';
      const folder = plan('process', ['sh', '-c', script], { path: 'in' });
      const run = await runner.start(1, folder, await mounts.prepare(1, folder, quiet()));
      await run.ended;
      expect(run.output()).toMatch(/^one \[1\]\*\ntwo\n.*Read-only/);
      const file = plan('process', ['cat', '/home/work/data'], { path: 'in/one [1]*' });
      const second = await runner.start(2, file, await mounts.prepare(2, file, quiet()));
      await second.ended;
      expect(second.output()).toBe('first');
    } finally {
      await runner.close();
      await mounts.release(1);
      await mounts.release(2);
    }
    expect(mountedBelow(world.home)).toBe(false);
  });

  it('keeps secrets out of arguments, files that others may read, and logs', async () => {
    const attach = azure();
    const { mounts, directory, plan, put } = await openOn(attach);
    await put('file', 'x');
    const job = plan('process', ['true']);
    await mounts.prepare(1, job, quiet());
    const pid = pidOf(directory(1));
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    const signature = decodeURIComponent(/sig=([^&\0]+)/.exec(environment)?.[1] ?? '');
    expect(signature).not.toBe('');
    // Read and list only, of this container only.
    expect(environment).toMatch(/[?&]sr=c/);
    expect(environment).toMatch(/[?&]sp=rl(&|\0)/);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toMatch(/sig=|AccountKey/);
    for (const path of filesBelow(directory(1))) {
      const bytes = readFileSync(path).toString('latin1');
      for (const secret of [attach.key, signature, encodeURIComponent(signature)]) expect(bytes).not.toContain(secret);
      expect(statSync(path).mode & 0o077).toBe(0);
    }
    expect(statSync(directory(1)).mode & 0o077).toBe(0);
    await mounts.release(1);
  });

  it('takes signatures out of what rclone says: its errors repeat whole addresses', async () => {
    const { world, directory } = await openOn(azure());
    const program = join(world.outside, 'rclone');
    const line = 'Get "http://h/c?se=1&sig=AbC%2Fd%3D&sp=rl": refused\\nX-Amz-Security-Token=abc SharedKey';
    writeFileSync(program, `#!/bin/sh\nprintf '${line.replaceAll('%', '%%')}\\n'\n`, { mode: 0o755 });
    const record = { jobId: 1, mount: 0, source: 's', hostId: 'h', folder: '', file: null, target: '/t' };
    const launch = { readOnly: true, allowOther: false, owner: null };
    await makeMountFolder(directory(1), { ...record, ...launch });
    await launchRclone({
      directory: directory(1),
      record: { ...record, ...launch },
      tools: { rclone: program, version: '1.60.1', fusermount: '/f', allowOther: true },
      remote: { remote: 'r:', env: {} },
      cacheBytes: 1,
      hidden: [],
    });
    const log = (): string => readFileSync(join(directory(1), 'log'), 'utf8');
    await expect.poll(() => existsSync(join(directory(1), 'log')) && log(), { timeout: 10_000 }).toContain('SharedKey');
    expect(log()).toBe('Get "http://h/c?se=1&sig=[secret]&sp=rl": refused\nX-Amz-Security-Token=[secret] SharedKey\n');
  });

  it('fails a job whose mount is lost, with the cause, though a pipe hides it', async () => {
    const { world, mounts, directory, plan, put } = await openOn(azure());
    await put('file', 'x');
    const runner = openRunner('process', world);
    try {
      const job = plan('process', ['sh', '-c', 'while cat /home/work/data/file | wc -c; do sleep 0.1; done']);
      const staged = await mounts.prepare(1, job, quiet());
      const { reference } = await runner.start(1, job, staged);
      const watched = mounts.watch(1, new AbortController().signal);
      process.kill(pidOf(directory(1)), 'SIGKILL');
      await expect(watched).rejects.toMatchObject({
        code: 'mount-failed',
        message: expect.stringContaining('rclone, which served it, has ended'),
      });
      await runner.engine.stop(reference, { graceSeconds: 0 });
      // One that ended before anybody looked is told as well, again and again.
      await expect(mounts.finish(1, job, quiet())).rejects.toMatchObject({ code: 'mount-failed' });
    } finally {
      await runner.close();
      await mounts.release(1);
    }
    expect(mountedBelow(world.home)).toBe(false);
  });

  it('fails a job that got errors from its mount, with what the service said, though a pipe hides them', async () => {
    const { world, mounts, plan, put } = await openOn(azure());
    await put('file', 'x');
    const runner = openRunner('process', world);
    try {
      const job = plan('process', [
        'sh',
        '-c',
        'ls /home/work/data; until [ -e go ]; do sleep 0.02; done; cat /home/work/data/file | wc -c',
      ]);
      const staged = await mounts.prepare(1, job, quiet());
      const go = join(world.outside, 'go');
      const binds = [{ source: world.outside, target: '/home/work/gate', readOnly: true }, ...staged.binds];
      const run = await runner.start(1, { ...job, workdir: '/home/work/gate' }, { ...staged, binds });
      await expect.poll(run.output).toContain('file');
      const { name } = (await world.vfolders.service.list({}, {})).find((each) => each.host.name === 'remote') ?? { name: '' };
      const place = world.vfolders.lookup.resolve(name, 'file');
      await place.provider.remove(place.path);
      writeFileSync(go, '');
      expect((await run.ended).code).toBe(0);
      expect(run.output()).toMatch(/^0$/m);
      await expect(mounts.finish(1, job, quiet())).rejects.toMatchObject({
        message: expect.stringContaining('The job got errors from the mount'),
        data: { detail: expect.stringContaining('404 The specified blob does not exist') },
      });
    } finally {
      await runner.close();
      await mounts.release(1);
    }
  });

  /** Writes a file through a mount, and kills rclone before the file is closed. */
  const writeAndKill = async (source: string, pid: number): Promise<void> => {
    const script = 'exec 3> "$1/late"; echo late >&3; kill -9 "$2"';
    await once(spawn('sh', ['-c', script, 'sh', source, String(pid)]), 'exit');
  };

  it('sends what was written although rclone was killed before it had sent it', async () => {
    const { world, mounts, directory, plan, put, get } = await openOn(azure());
    await put('file', 'x');
    const job = plan('process', ['true'], { readOnly: false });
    const { binds } = await mounts.prepare(1, job, quiet());
    await writeAndKill(binds[0]?.source ?? '', pidOf(directory(1)));
    // Times go by seconds into the signature that rclone gets, and by that into where it looks for its cache.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 });
    await expect(mounts.finish(1, job, quiet())).rejects.toMatchObject({ code: 'mount-failed' });
    vi.useRealTimers();
    expect((await get('late')).toString()).toBe('late\n');
    await mounts.release(1);
    expect(mountedBelow(world.home)).toBe(false);
    expect(existsSync(directory(1))).toBe(false);
  });

  it('sends later, when it is asked again, what could not be sent when the job ended', async () => {
    const { world, mounts, directory, restarted, plan, put, get } = await openOn(azure());
    await put('file', 'x');
    const job = plan('process', ['true'], { readOnly: false });
    const { binds } = await mounts.prepare(1, job, quiet());
    await writeAndKill(binds[0]?.source ?? '', pidOf(directory(1)));
    const missing = new StowageError('credentials-missing', 'Nobody knows the key.');
    const locked = restarted({
      access: {
        describe: (id) => world.hosts.describe(id),
        credentials: () => {
          throw missing;
        },
      },
    });
    await expect(locked.finish(1, job, quiet())).rejects.toBe(missing);
    await locked.release(1);
    await mounts.sweep(() => false);
    expect(mountedBelow(world.home)).toBe(false);
    expect(await mounts.finish(1, job, quiet())).toEqual([expect.objectContaining({ mount: 0, files: 1 })]);
    expect((await get('late')).toString()).toBe('late\n');
    await mounts.release(1);
    expect(existsSync(directory(1))).toBe(false);
  });

  it('keeps what cannot be sent any more, and says where', async () => {
    const { mounts, directory, plan, put, get } = await openOn(azure());
    await put('file', 'x');
    const job = plan('process', ['true'], { readOnly: false });
    const { binds } = await mounts.prepare(1, job, quiet());
    await writeAndKill(binds[0]?.source ?? '', pidOf(directory(1)));
    const meta = filesBelow(join(directory(1), 'cache', 'vfsMeta')).find((path) => path.endsWith('/late'));
    writeFileSync(meta ?? '', '{ "Dir');
    const kept = join(directory(1), 'kept');
    await expect(mounts.finish(1, job, quiet())).rejects.toMatchObject({ data: { hint: expect.stringContaining(kept) } });
    await mounts.release(1);
    expect(filesBelow(kept).map((path) => readFileSync(path, 'utf8'))).toEqual(['late\n']);
    await expect(get('late')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says what is wrong in words: a source that is gone, a key that is refused, a tool that is missing', async () => {
    const attach = azure();
    const { world, mounts, directory, restarted, plan, put } = await openOn(attach);
    await put('file', 'x');
    await expect(mounts.prepare(1, plan('process', ['true'], { path: 'nowhere' }), quiet())).rejects.toMatchObject({
      code: 'not-found',
    });
    const wrong = restarted({
      access: {
        describe: (id) => world.hosts.describe(id),
        credentials: () => ({ key: Buffer.alloc(64, 7).toString('base64') }),
      },
    });
    await expect(wrong.prepare(1, plan('process', ['true']), quiet())).rejects.toMatchObject({
      code: expect.stringMatching(/^credentials-rejected|permission-denied$/),
    });
    const without = restarted({ find: async () => ({ available: false, why: 'There is no rclone.', tools: null }) });
    await expect(without.prepare(1, plan('process', ['true']), quiet())).rejects.toMatchObject({
      code: 'mount-failed',
      message: 'There is no rclone.',
    });
    expect(existsSync(directory(1))).toBe(false);
    expect(mountedBelow(world.home)).toBe(false);
  });

  it('is found again after kill -9 of the app, and taken down at the start when its job is over', async () => {
    const { wellKnown } = azurite;
    const script = fileURLToPath(new URL('crash-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, wellKnown.endpoint], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const home = said.toString().trim();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const attach: HostAttach = { form: 'azure-emulator', endpoint: wellKnown.endpoint };
    const { restarted, plan } = await openOn(attach);
    try {
      const directory = join(home, 'mounts', '7-0');
      const { pid, begun } = (await readStarted(directory)) ?? { pid: 0, begun: '' };
      const mounts = restarted({ home });
      await mounts.sweep((jobId) => jobId === 7);
      const staged = await mounts.prepare(7, plan('process', ['true'], { readOnly: false }), quiet());
      expect(staged.binds).toEqual([{ source: join(directory, 'files'), target: '/home/work/data', readOnly: false }]);
      expect(pidOf(directory)).toBe(pid);
      expect(readFileSync(join(directory, 'files', 'file'), 'utf8')).toBe('from before the crash');
      await mounts.sweep(() => false);
      expect(existsSync(directory)).toBe(false);
      // Nobody is left to take note of its end, so a dead entry of it may stay in the table.
      expect(await findProcess(pid, begun)).toBeNull();
      expect(mountedBelow(home)).toBe(false);
    } finally {
      rmSync(dirname(home), { recursive: true, force: true });
    }
  });

  it('tells where it can be had', async () => {
    const { world, mounts, restarted } = await openOn(azure());
    const hostId = world.hosts.describe('remote').id;
    expect(await mounts.fuseStatus()).toEqual({ available: true, why: null });
    expect(await mounts.fuseStatus(sampleDocker)).toEqual({ available: true, why: null });
    expect(await mounts.fuseStatus({ ...sampleDocker, local: false })).toMatchObject({ available: false });
    expect(mounts.mountRefusal(hostId)).toBeNull();
    expect(mounts.mountRefusal('local')).toContain('on this machine');
    const tools = { rclone: '/r', version: '1.60.1', fusermount: '/f', allowOther: false };
    const lonely = restarted({ find: async () => ({ available: true, why: null, tools }) });
    expect(await lonely.fuseStatus(sampleProcess)).toEqual({ available: true, why: null });
    expect((await lonely.fuseStatus(sampleDocker)).why).toContain('user_allow_other');
  });
});

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // What is mounted is not Stowage's own.
    if (entry.name === 'files') return [];
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
