import { expect, it } from 'vitest';
import { folder, home } from './location.ts';
import { activeTab, closed, locationOf, moved, navigated, opened, renamed, startState } from './tab-steps.ts';

const data = folder('data', '');
const train = folder('data', 'train');
const shown = (state: typeof startState) => locationOf(activeTab(state));

it('goes back and forward through what was shown', () => {
  const there = navigated(navigated(startState, data), train);
  const back = moved(there, -1);
  expect(shown(back)).toEqual(data);
  expect(shown(moved(back, 1))).toEqual(train);
});

it('forgets what lay ahead when it goes elsewhere', () => {
  const elsewhere = navigated(moved(navigated(navigated(startState, data), train), -1), home);
  expect(moved(elsewhere, 1)).toEqual(elsewhere);
});

it('stays at the ends of the history', () => {
  expect(shown(moved(startState, -1))).toEqual(home);
});

it('does not count showing the same place twice', () => {
  expect(activeTab(navigated(navigated(startState, data), data)).history).toHaveLength(2);
});

it('opens beside the active tab and closes to its neighbour', () => {
  const three = opened(opened(startState, data), train);
  expect(three.tabs.map((tab) => locationOf(tab))).toEqual([home, data, train]);
  expect(shown(closed(three, three.activeId))).toEqual(data);
  expect(shown(closed(three, 1))).toEqual(train);
});

it('goes home when the last tab is closed', () => {
  const one = navigated(startState, data);
  const state = closed(one, one.activeId);
  expect(state.tabs).toHaveLength(1);
  expect(shown(state)).toEqual(home);
});

it('follows a vfolder that is renamed or deleted', () => {
  const state = navigated(startState, train);
  expect(shown(renamed(state, 'data', 'corpus'))).toEqual(folder('corpus', 'train'));
  expect(shown(renamed(state, 'data', null))).toEqual(home);
});
