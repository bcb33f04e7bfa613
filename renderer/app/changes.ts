import type { Change } from '#shared/contract/app.ts';
import { assertNever } from '#shared/errors.ts';
import { client, useConnection } from './client.ts';
import { afterFirstDrawing } from './first-drawing.ts';
import { loadCache } from './stores/cache.ts';
import { dropEdit, loadEdits, putEdit } from './stores/edits.ts';
import { loadEngines } from './stores/engines.ts';
import { loadHosts } from './stores/hosts.ts';
import { dropJob, loadJobs, putJob, useLogSizes } from './stores/jobs.ts';
import { loadSettings } from './stores/settings.ts';
import { dropTransfers, loadTransfers, putTransfer } from './stores/transfers.ts';
import { noteUsage } from './stores/usage.ts';
import { loadVfolders } from './stores/vfolders.ts';

type Listener = (change: Change) => void;
const listeners = new Set<Listener>();

/** Hears every change after the stores took it; returns how to stop. Reconnecting counts as a change of everything: watch `useConnection().epoch`. */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply(change: Change): void {
  switch (change.type) {
    case 'hosts':
      void loadHosts();
      break;
    case 'vfolders':
      void loadVfolders();
      void loadHosts();
      break;
    case 'engines':
      void loadEngines();
      break;
    case 'settings':
      void loadSettings();
      break;
    case 'cache':
      void loadCache();
      break;
    case 'transfer':
      putTransfer(change.transfer);
      break;
    case 'transfer-cleared':
      dropTransfers(change.ids);
      break;
    case 'edit':
      putEdit(change.edit);
      break;
    case 'edit-closed':
      dropEdit(change.id);
      break;
    case 'job':
      putJob(change.job);
      break;
    case 'job-removed':
      dropJob(change.id);
      break;
    case 'job-log':
      useLogSizes.setState({ [change.id]: change.size });
      break;
    case 'job-usage':
      noteUsage(change.id, change.sample);
      break;
    case 'files':
    case 'dotfiles':
      break;
    default:
      assertNever(change);
  }
  for (const listener of listeners) listener(change);
}

/** What the first screen shows, then the rest. */
async function loadAll(): Promise<void> {
  await Promise.all([loadSettings(), loadVfolders(), loadHosts()]);
  await afterFirstDrawing();
  await Promise.all([loadEngines(), loadTransfers(), loadJobs(), loadEdits(), loadCache()]);
}

/** Follows the changes of one connection until it ends. Subscribes first and fetches then, so nothing falls between. */
async function follow(epoch: number): Promise<void> {
  const current = (): boolean => useConnection.getState().epoch === epoch;
  while (current()) {
    try {
      const changes = await client.app.changes();
      await loadAll();
      for await (const change of changes) apply(change);
    } catch {
      // The connection ended: the next epoch begins a new subscription.
    }
    if (!current() || useConnection.getState().state !== 'ready') return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Feeds the stores from now on, for every connection anew. Called once. */
export function followChanges(): void {
  let seen = 0;
  const check = (epoch: number): void => {
    if (epoch === seen) return;
    seen = epoch;
    void follow(epoch);
  };
  // What happened to links and hosts meanwhile is nobody's change: it is looked at when the person comes back.
  window.addEventListener('focus', () => void Promise.all([loadVfolders(), loadHosts()]));
  check(useConnection.getState().epoch);
  useConnection.subscribe((connection) => check(connection.epoch));
}
