import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** For tests: a registry of images on this machine, which Docker trusts without encryption on a loopback address. */
export interface ImageRegistry {
  /** E.g. `127.0.0.1:34463`. */
  readonly address: string;
  /** Makes an image with this many bytes that cannot be compressed, pushes it, and forgets it on this machine. */
  publish(name: string, ballastBytes: number): Promise<string>;
  /** From now on gives only so many bytes, then nothing more, until it is called with null. Resolves when they are given. */
  hold(bytes: number | null): Promise<void>;
  /** Damages what is kept of every layer: it is announced, and does not come. */
  loseLayers(): void;
  close(): Promise<void>;
}

export async function startImageRegistry(): Promise<ImageRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-registry-'));
  const config = join(directory, 'config.json');
  const storage = { filesystem: { rootdirectory: join(directory, 'images') } };
  writeFileSync(config, JSON.stringify({ version: '0.1', log: { level: 'info' }, storage, http: { addr: '127.0.0.1:0' } }));
  const blobs = join(directory, 'images', 'docker', 'registry', 'v2', 'blobs');
  const registry = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await listeningPort(registry);
  const gate = await openGate(port);
  const published: string[] = [];
  const address = `127.0.0.1:${gate.port}`;
  return {
    address,
    publish: async (name, ballastBytes) => {
      const reference = `${address}/${name}`;
      published.push(reference);
      const recipe = `FROM busybox:local\nRUN head -c ${ballastBytes} /dev/urandom > /ballast\nCMD ["echo", "from the registry"]\n`;
      await docker(['build', '--quiet', '--no-cache', '--tag', reference, '-'], recipe);
      await docker(['push', '--quiet', reference]);
      await docker(['image', 'rm', reference]);
      return reference;
    },
    hold: gate.hold,
    loseLayers: () => {
      for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (entry.isFile() && statSync(file).size > 1_000_000) truncateSync(file, 1_000);
      }
    },
    close: async () => {
      for (const reference of published) await docker(['image', 'rm', '--force', reference]).catch(() => {});
      gate.close();
      const ended = once(registry, 'exit');
      registry.kill();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Not synchronous: the gate passes what the engine sends meanwhile. */
async function docker(args: readonly string[], input = ''): Promise<void> {
  const child = spawn('docker', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.end(input);
  const [words, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${words}`);
}

async function listeningPort(registry: ChildProcess): Promise<number> {
  if (!registry.stderr) throw new Error('The registry has no log.');
  const failed = once(registry, 'error').then(([error]) => Promise.reject(error));
  const found = (async () => {
    const lines: string[] = [];
    for await (const line of createInterface({ input: registry.stderr as NodeJS.ReadableStream })) {
      lines.push(line);
      const port = /listening on [^ ]*:(\d+)/.exec(line)?.[1];
      if (port !== undefined) return Number(port);
    }
    throw new Error(`The registry did not start:\n${lines.join('\n')}`);
  })();
  const port = await Promise.race([found, failed]);
  // Whatever it says later is of no interest, and must not fill the pipe.
  registry.stderr.resume();
  return port;
}

interface Gate {
  readonly port: number;
  hold(bytes: number | null): Promise<void>;
  close(): void;
}

/** Passes connections on to the registry, and can stop giving in the middle of an image. */
async function openGate(target: number): Promise<Gate> {
  let reached = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const waiting = new Set<Socket>();
  let left: number | null = null;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket);
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('end', () => client.end());
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk);
      if (left === null) return;
      left -= chunk.length;
      if (left > 0) return;
      upstream.pause();
      waiting.add(upstream);
      reached.resolve();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hold: async (bytes) => {
      left = bytes;
      reached = Promise.withResolvers<void>();
      if (bytes !== null) return reached.promise;
      for (const socket of waiting) socket.resume();
      waiting.clear();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
