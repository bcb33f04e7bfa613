import { create } from 'zustand';
import type { EngineStatus } from '#shared/contract/engines.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Engines extends Loadable {
  readonly engines: readonly EngineStatus[];
}

export const useEngines = create<Engines>()(() => ({ ...notLoaded, engines: [] }));

/** `wait`: all are asked anew, however long that takes. */
export async function loadEngines(options: { readonly wait: boolean } = { wait: false }): Promise<void> {
  try {
    useEngines.setState({ loaded: true, problem: null, engines: await client.engines.list(options) });
  } catch (error) {
    useEngines.setState({ problem: fromContract(error) });
  }
}
