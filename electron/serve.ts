import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { findHome, packageRoot } from './app/home.ts';
import { openApp } from './browser-host/app-window.ts';
import { openFile, startBrowserHost } from './browser-host/host.ts';
import { openCore } from './core.ts';
import { connectToCore } from './rpc/connect.ts';
import { startControlSocket } from './rpc/control-socket.ts';

const usage = `Usage: stowage serve [--port N] [--open]

Offers Stowage to the browsers of this machine, on the loopback address only.

  --port N  the port; any free one when left out
  --open    open it: in an app window of an installed Chromium, Chrome, Edge or Brave, else in the default browser
  --help    show this

Sign in by opening the file that is printed; only you can read it. From another machine, forward the same port number,
e.g. ssh -L 8000:127.0.0.1:8000 HOST, and open a copy of that file there.
`;

/**
 * The browser-host shell as a process: opens the core, serves it until Ctrl+C, and closes it.
 * Returns the exit code.
 */
export async function runServe(argv: readonly string[]): Promise<number> {
  // It goes on serving when nobody reads what it prints any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    const { port, open, help } = readArguments(argv);
    if (help) {
      process.stdout.write(usage);
      return 0;
    }
    const { data: home, localRoot } = findHome();
    await serve(home, localRoot, port, open).catch((error: unknown) => showRunning(home, open, error));
    return 0;
  } catch (thrown) {
    const error = toStowageError(thrown);
    const detail = error.code === 'internal' ? error.data.detail : undefined;
    process.stderr.write(`${[error.message, detail, error.data.hint].filter(Boolean).join('\n')}\n`);
    return error.exitCode;
  }
}

function readArguments(argv: readonly string[]): { port: number; open: boolean; help: boolean } {
  const options = { port: { type: 'string' }, open: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { port = '0', open = false, help = false } = orRefuse(() => parseArgs({ args: [...argv], options }).values);
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (!(number <= 65_535))
    throw new StowageError('bad-request', `“${port}” is not a port.`, { hint: 'Give a number from 1 to 65535.' });
  return { port: number, open, help };
}

function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StowageError('bad-request', error instanceof Error ? error.message : String(error), { hint: usage });
  }
}

async function serve(home: string, localRoot: string, port: number, open: boolean): Promise<void> {
  const stopped = stopSignal();
  const core = await openCore({ home, localRoot, shell: 'browser' });
  try {
    await using closing = new AsyncDisposableStack();
    const control = await startControlSocket({ home, router: core.router, bodies: core });
    closing.defer(() => control.close());
    const host = await startBrowserHost({ core, home, port, staticRoot: join(packageRoot(), 'out', 'renderer') });
    closing.defer(() => host.close());
    process.stdout.write(`Stowage is at ${host.url} — open ${host.openPath} to sign in\n`);
    await core.start();
    if (open) await show(host.openPath, home);
    process.stdout.write('It serves until you press Ctrl+C here, also when its window is closed; jobs run on.\n');
    await stopped;
    process.stdout.write('Closing…\n');
  } finally {
    await core.close();
  }
}

/** When another process serves this home already, its window is what was asked for. */
async function showRunning(home: string, open: boolean, error: unknown): Promise<void> {
  if (!isStowageError(error, 'already-running')) throw error;
  const running = await connectToCore(home);
  if (!running) throw error;
  const { shell, pid } = await running.client.app.info().finally(() => running.close());
  const openPath = openFile(home);
  if (shell !== 'browser' || !existsSync(openPath)) throw error;
  process.stdout.write(`Stowage is served already, by process ${pid} — open ${openPath} to sign in\n`);
  if (open) await show(openPath, home);
}

async function show(openPath: string, home: string): Promise<void> {
  const opened = await openApp(openPath, home);
  if (opened === null) {
    process.stdout.write('No browser could be opened here. Open the file above in one, on this machine or through a tunnel.\n');
  }
}

/** Resolves at the first request to end; a second one ends at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

// Not `import.meta.main`: the bundler puts what the command line also uses into a chunk, which is never the main module.
if (parse(process.argv[1] ?? '').name === 'serve') process.exitCode = await runServe(process.argv.slice(2));
