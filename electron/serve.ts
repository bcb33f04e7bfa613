import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { findHome, keepCompiled, packageRoot } from './app/home.ts';
import { openApp } from './browser-host/app-window.ts';
import { findOpenFile, openFile } from './browser-host/open-file.ts';
import { type HomeLock, lockHome } from './store/home-lock.ts';

/** Until a page that has connected is drawn, and until one has connected at the latest. */
const drawingMs = 500;
const openingMs = 3000;

const usage = `Usage: stowage serve [--port N] [--open]

Offers Stowage to the browsers of this machine, on the loopback address only.

  --port N  the port; when left out that of the last time, or any free one
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
    keepCompiled(home);
    await serve(home, localRoot, port, open).catch((error: unknown) => showRunning(home, open, error));
    return 0;
  } catch (thrown) {
    const error = toStowageError(thrown);
    const detail = error.code === 'internal' ? error.data.detail : undefined;
    process.stderr.write(`${[error.message, detail, error.data.hint].filter(Boolean).join('\n')}\n`);
    return error.exitCode;
  }
}

function readArguments(argv: readonly string[]): { port: number | undefined; open: boolean; help: boolean } {
  const options = { port: { type: 'string' }, open: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { port, open = false, help = false } = orRefuse(() => parseArgs({ args: [...argv], options }).values);
  if (port === undefined) return { port, open, help };
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

async function serve(home: string, localRoot: string, port: number | undefined, open: boolean): Promise<void> {
  const stopped = stopSignal();
  const lock = lockHome(home);
  const file = openFile(home);
  // The browser takes longer to start than all that follows, so it begins first.
  if (open) file.wait();
  const shown = open ? show(file.path, home) : null;
  try {
    await serveCore({ home, localRoot, port, lock, shown }, stopped);
  } catch (error) {
    if (open) file.fail(toStowageError(error).message);
    throw error;
  } finally {
    lock.release();
  }
}

interface Serving {
  readonly home: string;
  readonly localRoot: string;
  readonly port: number | undefined;
  readonly lock: HomeLock;
  /** Settles when the browser was started; null when none is wanted. */
  readonly shown: Promise<void> | null;
}

async function serveCore({ home, localRoot, port, lock, shown }: Serving, stopped: Promise<void>): Promise<void> {
  const [{ openCore }, { startBrowserHost }, { startControlSocket }] = await Promise.all([
    import('./core.ts'),
    import('./browser-host/host.ts'),
    import('./rpc/control-socket.ts'),
  ]);
  const core = await openCore({ home, localRoot, shell: 'browser', lock });
  try {
    await using closing = new AsyncDisposableStack();
    const control = await startControlSocket({ home, router: core.router, bodies: core });
    closing.defer(() => control.close());
    const host = await startBrowserHost({ core, home, port, staticRoot: join(packageRoot(), 'out', 'renderer') });
    closing.defer(() => host.close());
    process.stdout.write(`Stowage is at ${host.url} — open ${host.openPath} to sign in\n`);
    await shown;
    // What a former process left is taken up when the window stands, and not while it is drawn.
    if (shown) await Promise.race([host.visited.then(() => delay(drawingMs)), delay(openingMs), stopped]);
    // An engine that says nothing must not keep it from being ended.
    await Promise.race([core.start(), stopped]);
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
  const { connectToCore } = await import('./rpc/connect.ts');
  const running = await connectToCore(home);
  if (!running) throw error;
  const { shell, pid } = await running.client.app.info().finally(() => running.close());
  const openPath = findOpenFile(home);
  if (shell !== 'browser' || openPath === null) throw error;
  process.stdout.write(`Stowage is served already, by process ${pid} — open ${openPath} to sign in\n`);
  if (open) await show(openPath, home);
}

async function show(openPath: string, home: string): Promise<void> {
  const opened = await openApp(openPath, home);
  if (opened === null) {
    process.stdout.write(`No browser could be opened here. Open ${openPath} in one, on this machine or through a tunnel.\n`);
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
