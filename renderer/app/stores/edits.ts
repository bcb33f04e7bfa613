import { create } from 'zustand';
import type { Edit } from '#shared/contract/edits.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Edits extends Loadable {
  /** The first that was opened first. */
  readonly edits: readonly Edit[];
}

/** Files of hosts that are open in other programs. */
export const useEdits = create<Edits>()(() => ({ ...notLoaded, edits: [] }));

export async function loadEdits(): Promise<void> {
  try {
    useEdits.setState({ loaded: true, problem: null, edits: await client.edits.list() });
  } catch (error) {
    useEdits.setState({ problem: fromContract(error) });
  }
}

export const putEdit = (edit: Edit): void =>
  useEdits.setState(({ edits }) => ({
    edits: edits.some(({ id }) => id === edit.id) ? edits.map((one) => (one.id === edit.id ? edit : one)) : [...edits, edit],
  }));

export const dropEdit = (id: string): void => useEdits.setState(({ edits }) => ({ edits: edits.filter((one) => one.id !== id) }));
