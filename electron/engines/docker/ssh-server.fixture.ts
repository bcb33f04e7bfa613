import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** For tests: Debian's sshd at a port of the loopback address, which lets in this user with a key of its own. */
export interface SshServer {
  readonly port: number;
  /** A value of PATH with an `ssh` that knows the server and has the key. */
  readonly path: string;
  /** One with an `ssh` that does not know the server, and one with an `ssh` that has no key. */
  readonly pathOfStranger: string;
  readonly pathWithoutKey: string;
  /** Ends the connections that there are, as a network that breaks. */
  dropConnections(): void;
  stop(): Promise<void>;
}

export async function startSshServer(): Promise<SshServer> {
  const folder = mkdtempSync('/tmp/stowage-sshd-');
  const key = (name: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return readFileSync(join(folder, `${name}.pub`), 'utf8');
  };
  const host = key('host');
  writeFileSync(join(folder, 'authorized'), key('mine'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      `AllowUsers ${userInfo().username}`,
    ].join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true });
  // The system's own ssh, with the configuration that a user would have for this server.
  const clientPath = (name: string, lines: readonly string[]): string => {
    const directory = join(folder, name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'config'), lines.join('\n'));
    writeFileSync(join(directory, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(directory, 'config')} "$@"\n`);
    chmodSync(join(directory, 'ssh'), 0o755);
    return `${directory}:${process.env.PATH}`;
  };
  writeFileSync(join(folder, 'known'), `[127.0.0.1]:${port} ${host}`);
  const known = `UserKnownHostsFile ${join(folder, 'known')}`;
  const identity = [`IdentityFile ${join(folder, 'mine')}`, 'IdentitiesOnly yes', 'IdentityAgent none'];
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  sshd.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!(await listens(port))) {
    if (sshd.exitCode !== null) throw new Error(`sshd ended: ${said}`);
    await delay(20);
  }
  return {
    port,
    path: clientPath('good', [known, ...identity]),
    pathOfStranger: clientPath('stranger', [`UserKnownHostsFile ${join(folder, 'none')}`, ...identity]),
    pathWithoutKey: clientPath('keyless', [known, 'IdentityFile none', 'IdentitiesOnly yes', 'IdentityAgent none']),
    dropConnections: () => {
      const children = readFileSync(`/proc/${sshd.pid}/task/${sshd.pid}/children`, 'utf8').trim().split(' ');
      for (const child of children.filter(Boolean)) process.kill(Number(child), 'SIGKILL');
    },
    stop: async () => {
      if (sshd.exitCode === null) {
        const ended = once(sshd, 'exit');
        sshd.kill('SIGTERM');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
