import type { PortCapable } from '../engine.ts';
import { readRecord, runState } from './run-directory.ts';

/** Nothing stands between a run and this machine's ports: each is reached under its own number. */
export const createPorts = (directoryOf: (reference: string) => string): PortCapable => ({
  publishedPorts: async (reference) => {
    const directory = directoryOf(reference);
    const { request } = await readRecord(directory);
    if (!request.network || (await runState(directory)).state !== 'running') return [];
    // Runs that were made before there were ports know none.
    return (request.ports ?? []).map(({ container }) => ({ container, port: container }));
  },
});
