import type { StowageClient } from '#shared/contract/index.ts';
import { findHome } from '../app/home.ts';
import { openCore } from '../core.ts';
import { connectToCore } from '../rpc/connect.ts';
import { createInProcessClient } from '../rpc/in-process.ts';

/** A client of the running app's core, or of one of its own for the length of a command. */
export interface Session {
  readonly client: StowageClient;
  close(): Promise<void>;
}

/** Finds the core: the one that runs on the data directory, else a new one in this process. */
export async function openSession(): Promise<Session> {
  const home = findHome();
  const running = await connectToCore(home.data);
  if (running) return { client: running.client, close: async () => running.close() };
  const core = await openCore({ home: home.data, localRoot: home.localRoot, shell: 'cli' });
  await core.start();
  return { client: createInProcessClient(core.router), close: () => core.close() };
}
