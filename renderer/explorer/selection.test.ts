import { expect, it } from 'vitest';
import { extend, keepPresent, noSelection, selectAll, selectOne, toggle, typeAhead } from './selection.ts';

const order = ['alpha', 'beta', 'bravo', 'charlie', 'delta'];

it('selects a range from where it began, in either direction', () => {
  const down = extend(selectOne('beta'), 'delta', order);
  expect([...down.names]).toEqual(['beta', 'bravo', 'charlie', 'delta']);
  expect([...extend(down, 'alpha', order).names]).toEqual(['alpha', 'beta']);
});

it('adds and takes away single rows', () => {
  const two = toggle(selectOne('alpha'), 'delta');
  expect([...two.names]).toEqual(['alpha', 'delta']);
  expect([...toggle(two, 'alpha').names]).toEqual(['delta']);
});

it('selects all and keeps the focus where it was', () => {
  const all = selectAll(order, selectOne('bravo'));
  expect(all.names.size).toBe(5);
  expect(all.focus).toBe('bravo');
});

it('forgets what is gone, and is the same object when nothing is', () => {
  const all = selectAll(order, noSelection);
  expect(keepPresent(all, new Set(order))).toBe(all);
  const left = keepPresent(all, new Set(['beta']));
  expect([...left.names]).toEqual(['beta']);
  expect(left.anchor).toBeNull();
});

it('finds by typing: a prefix, and the next with a letter typed again', () => {
  expect(typeAhead(order, null, 'b')).toBe('beta');
  expect(typeAhead(order, 'beta', 'bb')).toBe('bravo');
  expect(typeAhead(order, 'beta', 'br')).toBe('bravo');
  expect(typeAhead(order, 'delta', 'a')).toBe('alpha');
  expect(typeAhead(order, null, 'x')).toBeNull();
});
