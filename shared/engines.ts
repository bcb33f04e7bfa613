import type { EngineId, EngineKind } from './contract/engines.ts';

/** What an engine is, where only its id is known: in plans, in jobs, in drafts. */
export const engineKind = (id: EngineId): EngineKind => (id === 'process' ? 'process' : 'docker');

/** An engine as people read it, also one that is no longer here. */
export function engineName(id: EngineId): string {
  if (id === 'process') return 'This machine';
  if (id === 'podman') return 'Podman';
  const context = /^docker:(.*)$/.exec(id)?.[1];
  return context === undefined ? 'Docker' : `Docker (${context})`;
}
