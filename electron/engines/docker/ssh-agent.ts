import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { signalChild } from '../../signal-child.ts';
import type { SshPlace } from './endpoints.ts';

/** A connection asks for nothing: who has no key that fits is told so. A peer that went away is noticed within a minute. */
const sshOptions = ['BatchMode=yes', 'ConnectTimeout=10', 'ServerAliveInterval=15', 'ServerAliveCountMax=3'];

/** Bytes of what the `ssh` program says that are kept. */
const mostWords = 4_000;

/** The `ssh` program could not bring the connection about, or lost it; the message is in its own words. */
export class SshError extends Error {
  readonly code = 'ESSH';
}

/** Connections to an engine on another machine, as the `docker` program makes them: each is one run of the `ssh` program. */
export function createSshAgent(place: SshPlace, environment: NodeJS.ProcessEnv): Agent {
  return new SshAgent(place, environment);
}

/** Words of the command line, and the one word that the shell of the other machine reads. */
export function sshCommand({ host, user, port, socketPath }: SshPlace): string[] {
  const remote = socketPath === null ? 'docker' : `docker --host ${quoteWord(`unix://${socketPath}`)}`;
  return [
    ...sshOptions.flatMap((option) => ['-o', option]),
    '-T',
    ...(user === null ? [] : ['-l', user]),
    ...(port === null ? [] : ['-p', String(port)]),
    '--',
    host,
    `${remote} system dial-stdio`,
  ];
}

const quoteWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** sshd turns some away when ten log in at once (MaxStartups). */
const mostLogins = 4;

class SshAgent extends Agent {
  readonly #place: SshPlace;
  readonly #environment: NodeJS.ProcessEnv;
  #loggingIn = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(place: SshPlace, environment: NodeJS.ProcessEnv) {
    super({ keepAlive: true });
    this.#place = place;
    this.#environment = environment;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: Duplex) => void): undefined {
    const open = (): void => {
      this.#loggingIn += 1;
      const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
      const child = spawn('ssh', sshCommand(this.#place), { env: this.#environment, stdio, windowsHide: true });
      const loggedIn = (): void => {
        this.#loggingIn -= 1;
        this.#waiting.shift()?.();
      };
      done?.(null, new SshSocket(child, loggedIn));
    };
    if (this.#loggingIn < mostLogins) open();
    else this.#waiting.push(open);
  }
}

/** The standard streams of an `ssh` program as one socket. `loggedIn` is told once, when it is or never will be. */
class SshSocket extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #words = '';

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, loggedIn: () => void) {
    super();
    this.#child = child;
    let told = false;
    const tell = (): void => {
      if (!told) loggedIn();
      told = true;
    };
    child.stdout.on('data', (chunk: Buffer) => {
      // The engine answers a request at once, if only with the head of what will take long.
      tell();
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-mostWords);
    });
    // A write to a program that has ended: its end is told below.
    child.stdin.on('error', () => {});
    child.once('error', (error) => this.destroy(new SshError(`The program ssh cannot be run: ${error.message}`)));
    child.once('close', (code) => {
      tell();
      if (code === 0) this.push(null);
      else this.destroy(new SshError(this.#words.trim() || 'The connection was lost.'));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What could not be written is lost with the connection, of which `close` tells the reason.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    signalChild(this.#child);
    done(error);
  }

  // What an agent asks of a socket and a pair of pipes has no use for.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
