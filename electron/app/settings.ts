import { homedir } from 'node:os';
import { type Settings, settingsSchema } from '#shared/contract/app.ts';
import type { Changes } from '../events.ts';
import type { Database } from '../store/database.ts';

const defaults: Settings = {
  theme: 'system',
  defaultEngine: null,
  welcomed: false,
  layout: '',
  bandwidthLimit: null,
  linkRoots: [homedir()],
  cacheLimitBytes: null,
  // Four keep a laptop usable, and the preparations of one job run beside the work of another.
  jobsAtOnce: 4,
  gpuSlots: null,
  notifyJobs: 'all',
};

export interface SettingsStore {
  read(): Settings;
  update(change: Partial<Settings>): Settings;
  /** A value that Stowage keeps for itself, made once. */
  once(key: string, make: () => string): string;
}

export function createSettings(database: Database, changes: Changes): SettingsStore {
  const stored = (key: string): string | undefined =>
    database.get<{ value: string }>('SELECT value FROM settings WHERE key = ?', key)?.value;
  const store = (key: string, value: string): void => {
    database.run(
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    );
  };
  const read = (): Settings => {
    const parsed = settingsSchema.safeParse({ ...defaults, ...parse(stored('settings') ?? '{}') });
    return parsed.success ? parsed.data : defaults;
  };
  return {
    read,
    update: (change) => {
      const next = { ...read(), ...change };
      store('settings', JSON.stringify(next));
      changes.emit({ type: 'settings' });
      return next;
    },
    once: (key, make) => {
      const found = stored(key);
      if (found !== undefined) return found;
      const made = make();
      store(key, made);
      return made;
    },
  };
}

/** What cannot be read counts as not set: the app must start. */
function parse(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}
