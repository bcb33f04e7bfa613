import { create } from 'zustand';
import { parseLayout } from '../app/stores/carried-layout.ts';
import { remember } from '../ui/remembered.ts';
import { home, isLocation, type Location } from './location.ts';
import { closed, locationOf, moved, navigated, opened, renamed, startState, type Tab, type TabsState } from './tab-steps.ts';

export { activeTab, locationOf, type Tab } from './tab-steps.ts';

export const useTabs = create<TabsState>()(() => startState);

const layoutKey = 'files.tabs';

function change(step: (state: TabsState) => TabsState): void {
  useTabs.setState(step);
  const state = useTabs.getState();
  remember(layoutKey, {
    active: state.tabs.findIndex((tab) => tab.id === state.activeId),
    locations: state.tabs.slice(0, 40).map(locationOf),
  });
}

export const navigate = (location: Location, select: string | null = null): void =>
  change((state) => navigated(state, location, select));
export const goBack = (): void => change((state) => moved(state, -1));
export const goForward = (): void => change((state) => moved(state, 1));
export const openTab = (location: Location = home): void => change((state) => opened(state, location));
export const closeTab = (id: number): void => change((state) => closed(state, id));
export const activateTab = (id: number): void => change((state) => ({ ...state, activeId: id }));
export const followRename = (from: string, to: string | null): void => change((state) => renamed(state, from, to));

let restored = false;

/** Opens the tabs of the last time, once, when the settings are there. */
export function restoreTabs(layout: string): void {
  if (restored) return;
  restored = true;
  const stored = parseLayout(layout)[layoutKey];
  if (typeof stored !== 'object' || stored === null || !('locations' in stored) || !Array.isArray(stored.locations)) return;
  const locations = stored.locations.filter(isLocation);
  if (locations.length === 0) return;
  const tabs = locations.map((location, index): Tab => ({ id: index + 1, history: [location], index: 0, select: null }));
  const active = 'active' in stored && typeof stored.active === 'number' ? stored.active : 0;
  useTabs.setState({ tabs, activeId: tabs[active]?.id ?? 1, nextId: tabs.length + 1 });
}
