import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { type Azurite, hostOn, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { at, bytes, collect } from '../storage/contract/world.ts';
import { isBodyRead, type SeenRequest } from '../storage/fault-proxy.fixture.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { freshBucket } from '../storage/s3/s3-server.fixture.ts';
import { endChild, runChild } from './crash.fixture.ts';
import type { RemoteTask } from './crash-remote-child.ts';
import { type Bench, openBench } from './fixture.ts';
import { azureHost, makeProvider, type RemoteHost, s3Host } from './remote-hosts.fixture.ts';

/** Transfers with real servers behind a proxy that does harm. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const mebibyte = 1024 * 1024;
let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

describe.each([
  ['azure', () => azureHost(azurite)],
  ['s3', async () => s3Host(await freshBucket())],
] as const)('with a host on %s', (name, open) => {
  let host: RemoteHost;
  let bench: Bench;
  let source: string;
  let out: string;
  let limit: number | null;

  beforeEach(async () => {
    host = await open();
    limit = null;
    bench = openBench(undefined, host.provider, {
      bandwidthLimit: () => limit,
      patience: { giveUpMs: 3000, firstPauseMs: 20 },
    });
    bench.vfolder('v');
    source = join(bench.directory, 'source');
    out = join(bench.directory, 'out');
    mkdirSync(source);
    mkdirSync(out);
  });
  afterEach(async () => {
    host.proxy.fault = () => undefined;
    await bench.remove();
    await host.close();
  });

  const local = (path: string): Endpoint => ({ kind: 'local', path });
  const inside = (path = ''): Endpoint => ({ kind: 'vfolder', vfolder: 'v', path });
  const put = (path: string, content: string | Buffer) => host.direct.write(at(path), bytes(content));
  const contentOf = async (path: string): Promise<Buffer> => collect((await host.direct.read(at(path))).body);
  const isThere = (path: string): Promise<boolean> =>
    host.direct.stat(at(path)).then(
      () => true,
      () => false,
    );
  const failed = async (id: number): Promise<Record<string, string | undefined>> => {
    const files = await bench.transfers.service.files({ id, state: 'failed', limit: 1000 }, {});
    return Object.fromEntries(files.map(({ path, problem }) => [path, problem?.code]));
  };
  const start = async (from: Endpoint, to: Endpoint, move = false): Promise<number> =>
    (await bench.transfers.service.start({ sources: [from], destination: to, conflict: 'overwrite', move }, {})).id;
  const transfer = async (from: Endpoint, to: Endpoint, move = false): Promise<Transfer> =>
    bench.until(await start(from, to, move), 'done', 'failed', 'waiting', 'paused');

  it('goes up and down with equal content, times and folders', async () => {
    mkdirSync(join(source, 'a/empty'), { recursive: true });
    writeFileSync(join(source, 'a/large'), randomBytes(20 * mebibyte));
    for (let file = 0; file < 50; file++) writeFileSync(join(source, `f${file}`), `${file}`);
    writeFileSync(join(source, 'none'), '');
    execFileSync('touch', ['-d', '2020-02-03T04:05:06.789Z', join(source, 'f7'), join(source, 'a/large')]);
    expect(await transfer(local(source), inside())).toMatchObject({ state: 'done', files: { done: 52 } });
    expect(await transfer(inside('source'), local(out))).toMatchObject({ state: 'done', files: { done: 52 } });
    execFileSync('diff', ['-r', source, join(out, 'source')]);
    const times = ['f7', 'a/large'].map((file) =>
      execFileSync('stat', ['-c', '%.3Y', join(out, 'source', file)])
        .toString()
        .trim(),
    );
    expect(times).toEqual(['1580702706.789', '1580702706.789']);
  });

  describe('a process that is killed', () => {
    afterEach(endChild);

    /** Runs a child until it ends, or until so many bytes have gone, when it is killed. */
    async function run(task: Omit<RemoteTask, 'directory' | 'made'>, killAt = Number.POSITIVE_INFINITY): Promise<Transfer[]> {
      const environment = { ...task, directory: join(bench.directory, 'crash'), made: host.made } satisfies RemoteTask;
      return runChild('crash-remote-child.ts', [], ({ bytes }: Transfer) => bytes.done > killAt, {
        env: { ...process.env, STOWAGE_TEST_TASK: JSON.stringify(environment) },
      });
    }
    const size = 80 * mebibyte;
    const bandwidthLimit = 40 * mebibyte;
    const sum = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

    it('goes on with a download; until it has ended the old file is there (A3)', async () => {
      const content = randomBytes(size);
      await put('v/big', content);
      writeFileSync(join(out, 'big'), 'old');
      const limit = { bandwidthLimit: 16 * mebibyte };
      const before = await run({ start: { source: inside('big'), destination: local(out) }, ...limit }, 60 * mebibyte);
      expect(before.at(-1)).toMatchObject({ state: 'running', files: { done: 0 } });
      expect(readFileSync(join(out, 'big'), 'utf8')).toBe('old');
      host.proxy.forget();
      expect((await run({ bandwidthLimit: null })).at(-1)).toMatchObject({ state: 'done', bytes: { done: size } });
      expect(sum(readFileSync(join(out, 'big')))).toBe(sum(content));
      expect(readdirSync(out)).toEqual(['big']);
      const starts = host.proxy.seen
        .filter(isBodyRead)
        .map(({ headers }) => Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1]));
      // What came in the last two seconds may be asked for again.
      expect(Math.min(...starts)).toBeGreaterThanOrEqual(28 * mebibyte);
    });

    it('goes on with an upload, sending no kept part again; until it has ended the old object is there (A4)', async () => {
      const content = randomBytes(size);
      writeFileSync(join(source, 'big'), content);
      await put('v/big', 'old');
      const begin = { start: { source: local(join(source, 'big')), destination: inside() }, bandwidthLimit };
      const before = await run(begin, 60 * mebibyte);
      expect(before.at(-1)).toMatchObject({ state: 'running', files: { done: 0 } });
      expect((await contentOf('v/big')).toString()).toBe('old');
      host.proxy.forget();
      expect((await run({ bandwidthLimit: null })).at(-1)).toMatchObject({ state: 'done', bytes: { done: size } });
      expect(sum(await contentOf('v/big'))).toBe(sum(content));
      const parts = host.proxy.seen.filter(({ method, url }) => method === 'PUT' && /comp=block(&|$)|partNumber=/.test(url));
      expect(parts.length).toBeGreaterThan(0);
      expect(parts.length).toBeLessThan(size / (8 * mebibyte) - 2);
    });
  });

  it('says that the disk is full, tries no second time and leaves no part (A5)', async () => {
    if (process.getuid?.() !== 0) throw new Error('this test mounts a small disk, which only root may: run it as root');
    await put('v/big', randomBytes(50 * mebibyte));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', out]);
    try {
      const end = await transfer(inside('big'), local(out));
      expect(end).toMatchObject({ state: 'failed', problem: { code: 'disk-full' } });
      expect(readdirSync(out)).toEqual([]);
      // One try: no range was asked for twice.
      const ranges = host.proxy.seen.filter(isBodyRead).map(({ headers }) => headers.range);
      expect(new Set(ranges).size).toBe(ranges.length);
    } finally {
      execFileSync('umount', [out]);
    }
  });

  it.each([2, 20])(
    'finds a byte of %i MiB that was changed on the way down, and keeps the source of the move (A6)',
    async (size) => {
      const content = randomBytes(size * mebibyte);
      await put('v/x', content);
      host.proxy.fault = (request) => (isBodyRead(request) ? { kind: 'flip', at: 1_234_567 } : undefined);
      const end = await transfer(inside('x'), local(out), true);
      expect(end).toMatchObject({ state: 'failed', problem: { code: 'checksum-mismatch' } });
      expect(readdirSync(out)).toEqual([]);
      expect((await contentOf('v/x')).equals(content)).toBe(true);
    },
  );

  it('finds a byte that was changed on the way up, in a small file and in a part, and keeps the sources of the move (A6)', async () => {
    writeFileSync(join(source, 'small'), randomBytes(5000));
    writeFileSync(join(source, 'large'), randomBytes(20 * mebibyte));
    host.proxy.fault = ({ method }) => (method === 'PUT' ? { kind: 'flip-request', at: 4321 } : undefined);
    const end = await transfer(local(`${source}/`), inside(), true);
    // Azurite calls a wrong Content-MD5 an invalid operation.
    const code = expect.stringMatching(name === 'azure' ? /checksum-mismatch|io-error/ : /checksum-mismatch/);
    expect(await failed(end.id)).toEqual({ small: code, large: code });
    expect(readdirSync(source).sort()).toEqual(['large', 'small']);
    host.proxy.fault = () => undefined;
    expect(await Promise.all([isThere('v/small'), isThere('v/large')])).toEqual([false, false]);
  });

  it('never takes an answer that was cut short for a whole file (A7)', async () => {
    const content = randomBytes(10 * mebibyte);
    await put('v/x', content);
    for (const kind of ['truncate', 'cut'] as const) {
      host.proxy.fault = (request) => (isBodyRead(request) ? { kind, after: 0 } : undefined);
      const end = await transfer(inside('x'), local(out));
      expect(end).toMatchObject({ state: 'failed', files: { done: 0 } });
      expect(existsSync(join(out, 'x'))).toBe(false);
      await bench.transfers.service.cancel({ id: end.id }, {});
      expect(readdirSync(out)).toEqual([]);
      // What comes piece by piece may be put together, to the whole and nothing else.
      host.proxy.fault = (request) => (isBodyRead(request) ? { kind, after: 3 * mebibyte } : undefined);
      const { state } = await transfer(inside('x'), local(out));
      if (state === 'done') expect(readFileSync(join(out, 'x')).equals(content)).toBe(true);
      else expect(existsSync(join(out, 'x'))).toBe(false);
      rmSync(join(out, 'x'), { force: true });
    }
    host.proxy.fault = () => undefined;
    expect(await transfer(inside('x'), local(out))).toMatchObject({ state: 'done' });
    expect(readFileSync(join(out, 'x')).equals(content)).toBe(true);
  });

  it.each([
    ['appended to', (path: string) => appendFileSync(path, 'more')],
    ['truncated', (path: string) => truncateSync(path, 5 * mebibyte)],
  ])('fails a file that is %s while it goes up, and leaves the destination as it was (A8)', async (_what, change) => {
    const path = join(source, 'log');
    writeFileSync(path, randomBytes(30 * mebibyte));
    await put('v/log', 'old');
    limit = 10 * mebibyte;
    bench.changes.emit({ type: 'settings' });
    const id = await start(local(path), inside());
    await bench.begun(id);
    change(path);
    const end = await bench.until(id, 'done', 'failed');
    expect(end).toMatchObject({ state: 'failed', problem: { code: 'source-changed' } });
    expect((await contentOf('v/log')).toString()).toBe('old');
  });

  it('begins anew when the object is replaced between two ranges, and gives the new one whole (A9)', async () => {
    await put('v/x', randomBytes(24 * mebibyte));
    const next = randomBytes(13 * mebibyte);
    let asked = false;
    let ready = false;
    host.proxy.fault = (request) => {
      if (!isBodyRead(request) || request.headers.range?.startsWith('bytes=0-')) return undefined;
      if (!asked) {
        asked = true;
        void put('v/x', next).then(() => {
          ready = true;
        });
      }
      return ready ? undefined : { kind: 'answer', status: 503 };
    };
    expect(await transfer(inside('x'), local(out))).toMatchObject({ state: 'done' });
    expect(ready).toBe(true);
    expect(readFileSync(join(out, 'x')).equals(next)).toBe(true);
  });

  it('shows the conflict of two writers of one key, and loses neither (A10)', async () => {
    const sources = ['one', 'two'].map((name) => {
      mkdirSync(join(source, name));
      writeFileSync(join(source, name, 'same'), name);
      return local(join(source, name, 'same'));
    });
    const started = await Promise.all(
      sources.map((from) => bench.transfers.service.start({ sources: [from], destination: inside(), conflict: 'ask' }, {})),
    );
    const ends = await Promise.all(started.map(({ id }) => bench.until(id, 'done', 'waiting', 'failed')));
    expect(ends.map(({ state }) => state).sort()).toEqual(['done', 'waiting']);
    const first = (await contentOf('v/same')).toString();
    const waiting = ends.find(({ state }) => state === 'waiting');
    await bench.transfers.service.answer({ id: waiting?.id ?? 0, policy: 'keep-both' }, {});
    await bench.until(waiting?.id ?? 0, 'done');
    const second = (await contentOf('v/same (2)')).toString();
    expect([first, second].sort()).toEqual(['one', 'two']);
  });

  it('writes nothing through a link that was planted at the destination (A14)', async () => {
    const outside = join(bench.directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'x'), 'untouched');
    await put('v/sub/x', 'attack');
    await put('v/plain', 'attack');
    await put('v/fine', 'fine');
    symlinkSync(outside, join(out, 'sub'));
    symlinkSync(join(outside, 'x'), join(out, 'plain'));
    const end = await transfer(inside('/'), local(out));
    expect(await failed(end.id)).toEqual({ sub: 'path-refused', plain: 'path-refused' });
    expect(readFileSync(join(outside, 'x'), 'utf8')).toBe('untouched');
    expect(readdirSync(outside)).toEqual(['x']);
    expect(readFileSync(join(out, 'fine'), 'utf8')).toBe('fine');
  });

  it('endures a service that asks every other request to wait (A16)', async () => {
    for (let file = 0; file < 60; file++) writeFileSync(join(source, `f${file}`), `${file}`);
    host.proxy.fault = ({ number, method }) => {
      if (method !== 'PUT' || number % 2 === 0) return undefined;
      return { kind: 'answer', status: number % 4 === 1 ? 429 : 503, headers: { 'retry-after': '0' } };
    };
    expect(await transfer(local(`${source}/`), inside())).toMatchObject({ state: 'done', files: { done: 60 } });
  });

  it('ends clearly when the host is gone, and goes on when it is back (A16)', async () => {
    for (let file = 0; file < 300; file++) writeFileSync(join(source, `f${file}`), `${file}`);
    let served = 0;
    host.proxy.fault = ({ method }) => (method === 'PUT' && ++served > 40 ? { kind: 'refuse' } : undefined);
    const end = await transfer(local(`${source}/`), inside());
    expect(end).toMatchObject({ state: 'failed', problem: { code: 'host-unreachable' }, files: { total: 300, failed: 0 } });
    host.proxy.fault = () => undefined;
    await bench.transfers.service.retry({ id: end.id }, {});
    expect(await bench.until(end.id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 300 } });
  });

  it('tells a file and a folder of one name apart on the way down (A19)', async () => {
    await put('v/deep/p/q', 'below');
    await put('v/deep/other', 'fine');
    await put('v/deep/p', 'shadow');
    const end = await transfer(inside('/'), local(out));
    expect(end.state).toBe('failed');
    expect(await failed(end.id)).toEqual({ 'deep/p': 'name-taken' });
    expect(readFileSync(join(out, 'deep/p/q'), 'utf8')).toBe('below');
    expect(existsSync(join(out, 'deep/other'))).toBe(true);
  });

  it('pauses when the service refuses the clock or the credentials, and goes on afterwards (A25)', async () => {
    for (let file = 0; file < 30; file++) writeFileSync(join(source, `f${file}`), `${file}`);
    const refusals: [string, string][] =
      host.made.settings.kind === 's3'
        ? [
            ['RequestTimeTooSkewed', 'clock-wrong'],
            ['ExpiredToken', 'credentials-expired'],
            ['InvalidAccessKeyId', 'credentials-rejected'],
          ]
        : [['AuthenticationFailed', 'credentials-rejected']];
    for (const [code, expected] of refusals) {
      host.proxy.fault = ({ method }: SeenRequest) => {
        if (method !== 'PUT') return undefined;
        const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
        return { kind: 'answer', status: 403, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, body };
      };
      const end = await transfer(local(`${source}/`), inside(code));
      expect(end).toMatchObject({ state: 'paused', problem: { code: expected }, files: { failed: 0 } });
      host.proxy.fault = () => undefined;
      await bench.transfers.service.resume({ id: end.id }, {});
      expect(await bench.until(end.id, 'done', 'failed')).toMatchObject({ state: 'done', problem: null });
    }
  });
});

describe('with a shared access signature that has expired', () => {
  it('pauses and says so, and goes on with a new one (A25)', async () => {
    const account = azurite.nextAccount();
    const { settings, secret } = hostOn(account, { container: 'data' });
    const maker = makeProvider({ settings: { ...settings, container: null }, secret });
    await maker.makeDirectory(at('data'));
    await maker.close();
    const signed = (expiresOn: Date): StorageProvider => {
      const sas = generateAccountSASQueryParameters(
        {
          expiresOn,
          startsOn: new Date(Date.now() - 3_600_000),
          permissions: AccountSASPermissions.parse('rwdlac'),
          services: AccountSASServices.parse('b').toString(),
          resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
        },
        new StorageSharedKeyCredential(account.name, account.key),
      ).toString();
      return makeProvider({ settings: { ...settings, auth: 'sas' }, secret: { sas } });
    };
    const old = signed(new Date(Date.now() - 60_000));
    const renewed = signed(new Date(Date.now() + 3_600_000));
    const bench = openBench(undefined, old);
    try {
      bench.vfolder('v');
      const source = join(bench.directory, 'source');
      mkdirSync(source);
      for (let file = 0; file < 30; file++) writeFileSync(join(source, `f${file}`), `${file}`);
      const { id } = await bench.transfers.service.start(
        { sources: [{ kind: 'local', path: source }], destination: { kind: 'vfolder', vfolder: 'v', path: '' } },
        {},
      );
      const paused = await bench.until(id, 'paused', 'failed', 'done');
      expect(paused).toMatchObject({ state: 'paused', problem: { code: 'credentials-expired' }, files: { done: 0, failed: 0 } });
      expect(JSON.stringify(paused)).not.toContain('sig=');
      bench.vfolder('v', {}, renewed);
      await bench.transfers.service.resume({ id }, {});
      expect(await bench.until(id, 'done', 'failed', 'paused')).toMatchObject({ state: 'done', files: { done: 30 } });
    } finally {
      await bench.remove();
      await Promise.all([old.close(), renewed.close()]);
    }
  });
});
