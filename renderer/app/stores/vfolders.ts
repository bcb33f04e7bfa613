import { create } from 'zustand';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Vfolders extends Loadable {
  /** Live ones, by name. */
  readonly vfolders: readonly Vfolder[];
  /** In the trash, newest first. */
  readonly trashed: readonly Vfolder[];
}

export const useVfolders = create<Vfolders>()(() => ({ ...notLoaded, vfolders: [], trashed: [] }));

export async function loadVfolders(): Promise<void> {
  try {
    const [vfolders, trashed] = await Promise.all([client.vfolders.list(), client.vfolders.list({ trashed: true })]);
    useVfolders.setState({ loaded: true, problem: null, vfolders, trashed });
  } catch (error) {
    useVfolders.setState({ problem: fromContract(error) });
  }
}

export const findVfolder = (name: string): Vfolder | undefined =>
  useVfolders.getState().vfolders.find((vfolder) => vfolder.name === name);
