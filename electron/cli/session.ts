import { setTimeout as delay } from 'node:timers/promises';
import type { StowageClient } from '#shared/contract/index.ts';
import { isStowageError } from '#shared/errors.ts';
import { findHome, type Home, keepCompiled } from '../app/home.ts';
import { connectToCore } from '../rpc/connect.ts';
import { startControlSocket } from '../rpc/control-socket.ts';

/** A client of the running app's core, or of one of its own for the length of a command. */
export interface Session {
  readonly client: StowageClient;
  /** Whether the core ends with this command. */
  readonly own: boolean;
  /** Lets other commands use this command's core while it goes on; for commands that take long. */
  share(): Promise<void>;
  /** The bytes that a download ticket stands for. @throws StowageError `not-found`, and what breaks the reading off */
  download(ticket: string): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Another command's core is in the way for a moment only; the app answers at its socket. */
const patienceMs = 5000;

/**
 * Finds the core: the one that runs on the data directory, else a new one in this process.
 * @throws StowageError `already-running` when another process has the directory and does not answer
 */
export async function openSession(): Promise<Session> {
  const home = findHome();
  for (const deadline = Date.now() + patienceMs; ; ) {
    const running = await connectToCore(home.data);
    if (running)
      return {
        client: running.client,
        own: false,
        share: async () => {},
        download: running.download,
        close: async () => running.close(),
      };
    try {
      return await openOwn(home);
    } catch (error) {
      if (!isStowageError(error, 'already-running') || Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

/** A core takes longer to load than all the rest, and nothing of it is needed where one runs. */
async function openOwn({ data, localRoot }: Home): Promise<Session> {
  keepCompiled(data);
  const [{ openCore }, { createInProcessClient }] = await Promise.all([import('../core.ts'), import('../rpc/in-process.ts')]);
  const core = await openCore({ home: data, localRoot, shell: 'cli' });
  await core.start();
  let control: Promise<{ close(): Promise<void> }> | null = null;
  return {
    client: createInProcessClient(core.router),
    own: true,
    share: async () => {
      control ??= startControlSocket({ home: data, router: core.router, bodies: core });
      await control;
    },
    download: async (ticket) => (await core.openDownload(ticket)).body,
    close: async () => {
      await (await control)?.close();
      await core.close();
    },
  };
}
