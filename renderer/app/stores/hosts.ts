import { create } from 'zustand';
import type { Host } from '#shared/contract/hosts.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Hosts extends Loadable {
  readonly hosts: readonly Host[];
}

export const useHosts = create<Hosts>()(() => ({ ...notLoaded, hosts: [] }));

export async function loadHosts(): Promise<void> {
  try {
    useHosts.setState({ loaded: true, problem: null, hosts: await client.hosts.list() });
  } catch (error) {
    useHosts.setState({ problem: fromContract(error) });
  }
}
