import { create } from 'zustand';
import type { Settings } from '#shared/contract/app.ts';
import { client, fromContract } from '../client.ts';
import { withCarried } from './carried-layout.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface SettingsStore extends Loadable {
  readonly settings: Settings;
}

const initial: Settings = {
  theme: 'system',
  defaultEngine: null,
  welcomed: true,
  layout: '',
  bandwidthLimit: null,
  linkRoots: [],
  cacheLimitBytes: null,
  jobsAtOnce: 4,
  gpuSlots: null,
  notifyJobs: 'all',
};

export const useSettings = create<SettingsStore>()(() => ({ ...notLoaded, settings: initial }));

/** The core's settings, with what of the layout it has not got yet. */
const shown = (settings: Settings): Settings => ({ ...settings, layout: withCarried(settings.layout) });

export async function loadSettings(): Promise<void> {
  try {
    useSettings.setState({ loaded: true, problem: null, settings: shown(await client.app.settings()) });
  } catch (error) {
    useSettings.setState({ problem: fromContract(error) });
  }
}

/** Shown at once, kept by the core; put back when the core refuses. */
export async function updateSettings(change: Partial<Settings>): Promise<void> {
  const before = useSettings.getState().settings;
  useSettings.setState({ settings: { ...before, ...change } });
  try {
    useSettings.setState({ settings: shown(await client.app.updateSettings(change)) });
  } catch (error) {
    useSettings.setState({ settings: before, problem: fromContract(error) });
    throw fromContract(error);
  }
}
