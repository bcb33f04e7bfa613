import { home, type Location, locationKey } from './location.ts';

export interface Tab {
  readonly id: number;
  readonly history: readonly Location[];
  /** Where in the history the tab stands. */
  readonly index: number;
  /** Name of an entry to select when the folder is shown. */
  readonly select: string | null;
}

export interface TabsState {
  readonly tabs: readonly Tab[];
  readonly activeId: number;
  readonly nextId: number;
}

const longestHistory = 100;

export const startState: TabsState = { tabs: [{ id: 1, history: [home], index: 0, select: null }], activeId: 1, nextId: 2 };

export const locationOf = (tab: Tab): Location => tab.history[tab.index] ?? home;

export function activeTab(state: TabsState): Tab {
  const tab = state.tabs.find((one) => one.id === state.activeId) ?? state.tabs[0];
  if (!tab) throw new Error('there is always a tab');
  return tab;
}

const withActive = (state: TabsState, change: (tab: Tab) => Tab): TabsState => ({
  ...state,
  tabs: state.tabs.map((tab) => (tab.id === activeTab(state).id ? change(tab) : tab)),
});

/** Shows a location in the active tab; what lay ahead in its history is forgotten. */
export function navigated(state: TabsState, location: Location, select: string | null = null): TabsState {
  return withActive(state, (tab) => {
    if (locationKey(locationOf(tab)) === locationKey(location)) return { ...tab, select };
    const history = [...tab.history.slice(0, tab.index + 1), location].slice(-longestHistory);
    return { ...tab, history, index: history.length - 1, select };
  });
}

export function moved(state: TabsState, by: -1 | 1): TabsState {
  return withActive(state, (tab) => {
    const index = tab.index + by;
    return index < 0 || index >= tab.history.length ? tab : { ...tab, index, select: null };
  });
}

export function opened(state: TabsState, location: Location): TabsState {
  const tab: Tab = { id: state.nextId, history: [location], index: 0, select: null };
  const at = state.tabs.findIndex((one) => one.id === state.activeId) + 1;
  return { tabs: state.tabs.toSpliced(at, 0, tab), activeId: tab.id, nextId: state.nextId + 1 };
}

/** Closes a tab; its right neighbour becomes active, else its left; the last one goes home instead. */
export function closed(state: TabsState, id: number): TabsState {
  const at = state.tabs.findIndex((tab) => tab.id === id);
  if (at < 0) return state;
  const tabs = state.tabs.toSpliced(at, 1);
  if (tabs.length === 0) return { ...opened({ ...state, tabs }, home) };
  if (state.activeId !== id) return { ...state, tabs };
  const next = tabs[Math.min(at, tabs.length - 1)];
  return { ...state, tabs, activeId: next?.id ?? state.activeId };
}

/** Tabs whose vfolder is gone or has another name now. */
export function renamed(state: TabsState, from: string, to: string | null): TabsState {
  const follow = (location: Location): Location =>
    location.kind === 'folder' && location.vfolder === from ? (to === null ? home : { ...location, vfolder: to }) : location;
  return { ...state, tabs: state.tabs.map((tab) => ({ ...tab, history: tab.history.map(follow) })) };
}
