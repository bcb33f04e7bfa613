import { expect, it } from 'vitest';
import { FolderRows } from './folder-rows.ts';
import { IdSet } from './id-set.ts';
import { RowOrder } from './row-order.ts';
import { carryOver, extend, noSelection, selectAll, selectOne, shownSelection, toggle, typeAhead } from './selection.ts';

function rowsOf(names: readonly string[]): FolderRows {
  const rows = new FolderRows('');
  rows.add(names.map((name) => ({ name, path: name, kind: 'file', size: 0, modified: null })));
  return rows;
}

function orderOf(rows: FolderRows, filter = '') {
  const order = new RowOrder();
  order.add(rows.columns(0));
  return order.order({ column: 'name', descending: false }, filter);
}

// As they came, not as they are shown.
const rows = rowsOf(['delta', 'alpha', 'charlie', 'beta', 'bravo']);
const shown = orderOf(rows);
const id = (name: string): number => rows.find(name);
const names = (selection: ReturnType<typeof selectOne>): string[] =>
  shownSelection(selection, shown).map((one) => rows.name(one));

it('selects a range from where it began, in either direction', () => {
  const down = extend(selectOne(id('beta')), id('delta'), shown);
  expect(names(down)).toEqual(['beta', 'bravo', 'charlie', 'delta']);
  expect(names(extend(down, id('alpha'), shown))).toEqual(['alpha', 'beta']);
});

it('adds and takes away single rows', () => {
  const two = toggle(selectOne(id('alpha')), id('delta'));
  expect(names(two)).toEqual(['alpha', 'delta']);
  expect(names(toggle(two, id('alpha')))).toEqual(['delta']);
  expect(names(toggle(noSelection, id('beta')))).toEqual(['beta']);
});

it('selects all that is shown and keeps the focus where it was', () => {
  const all = selectAll(shown, selectOne(id('bravo')));
  expect(all.ids.size).toBe(5);
  expect(all.focus).toBe(id('bravo'));
  expect(names(selectAll(orderOf(rows, 'b'), noSelection))).toEqual(['beta', 'bravo']);
});

it('tells of what is selected only what is shown', () => {
  const filtered = orderOf(rows, 'a*');
  expect(shownSelection(selectAll(shown, noSelection), filtered).map((one) => rows.name(one))).toEqual(['alpha']);
  expect(shownSelection(selectOne(id('delta')), filtered)).toEqual([]);
});

it('is carried over by name to a folder that was read anew, and forgets what is gone', () => {
  const anew = rowsOf(['new', 'bravo', 'beta']);
  const left = carryOver(extend(selectOne(id('delta')), id('beta'), shown), rows, anew);
  expect([...left.ids].map((one) => anew.name(one))).toEqual(['bravo', 'beta']);
  expect([left.anchor, left.focus]).toEqual([null, anew.find('beta')]);
});

it('finds by typing: a prefix, and the next with a letter typed again', () => {
  const typed = (focus: string | null, text: string): string | null => {
    const found = typeAhead(rows, shown, focus === null ? null : id(focus), text);
    return found === null ? null : rows.name(found);
  };
  expect(typed(null, 'b')).toBe('beta');
  expect(typed('beta', 'bb')).toBe('bravo');
  expect(typed('beta', 'br')).toBe('bravo');
  expect(typed('delta', 'a')).toBe('alpha');
  expect(typed(null, 'x')).toBeNull();
});

it('keeps sets of ids as a set does, across words', () => {
  const ids = [0, 31, 32, 63, 64, 1_000_000];
  const set = IdSet.of([...ids, 31]);
  expect([...set]).toEqual(ids);
  expect(set.size).toBe(ids.length);
  expect([set.has(33), set.has(-1), set.has(2_000_000)]).toEqual([false, false, false]);
  expect([...set.toggled(31).toggled(5)]).toEqual([0, 5, 32, 63, 64, 1_000_000]);
  expect(set.toggled(31).size).toBe(ids.length - 1);
});

it('takes no room for a set of nothing, as when the selected rows are gone', () => {
  // A hundred of them would be more than can be had.
  const sets = Array.from({ length: 100 }, () => IdSet.of([]));
  expect(sets.flatMap((set) => [...set])).toEqual([]);
});
