import type { FolderRows } from './folder-rows.ts';
import { IdSet } from './id-set.ts';
import type { Order } from './row-order.ts';

/** Which rows are selected, by their ids, and where the keyboard stands. */
export interface Selection {
  readonly ids: IdSet;
  /** Where a range began. */
  readonly anchor: number | null;
  /** The row with the focus. */
  readonly focus: number | null;
}

export const noSelection: Selection = { ids: IdSet.empty, anchor: null, focus: null };

export const selectOne = (id: number): Selection => ({ ids: IdSet.of([id]), anchor: id, focus: id });

export function selectAll({ ids }: Order, selection: Selection): Selection {
  return { ids: IdSet.of(ids), anchor: ids[0] ?? null, focus: selection.focus ?? ids[0] ?? null };
}

/** Ctrl+click and Ctrl+Space: adds or takes away one. */
export const toggle = (selection: Selection, id: number): Selection => ({
  ids: selection.ids.toggled(id),
  anchor: id,
  focus: id,
});

/** Shift+click and Shift+arrows: everything from the anchor to `id` in the order shown. */
export function extend(selection: Selection, id: number, { ids, positions }: Order): Selection {
  const from = selection.anchor === null ? -1 : (positions[selection.anchor] ?? -1);
  const to = positions[id] ?? -1;
  if (from < 0 || to < 0) return selectOne(id);
  const range = IdSet.of(ids.subarray(Math.min(from, to), Math.max(from, to) + 1));
  return { ids: range, anchor: selection.anchor, focus: id };
}

/** What of a press or click of the mouse decides what it selects. */
type Press = Pick<MouseEvent, 'button' | 'shiftKey' | 'ctrlKey' | 'metaKey'>;

/** A press that selects its row at once, so that it can be dragged; all others wait for the click. */
export const isPlainPress = ({ button, shiftKey, ctrlKey, metaKey }: Press): boolean =>
  button === 0 && !shiftKey && !ctrlKey && !metaKey;

/** A click as in any file manager: with Shift a range, with Ctrl one more or less, else this row alone. */
export function clicked(selection: Selection, id: number, press: Press, order: Order): Selection {
  if (press.shiftKey) return extend(selection, id, order);
  return press.ctrlKey || press.metaKey ? toggle(selection, id) : selectOne(id);
}

/** The selected rows that are shown, in the order shown. */
export function shownSelection(selection: Selection, { ids, positions }: Order): number[] {
  // Whichever is shorter is walked through: one row of a million is found at once.
  if (selection.ids.size * 16 > ids.length) return [...ids].filter((id) => selection.ids.has(id));
  const shown = [...selection.ids].filter((id) => (positions[id] ?? -1) >= 0);
  return shown.sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
}

/** The same names in a folder that was read anew; those that are gone are forgotten. */
export function carryOver(selection: Selection, from: FolderRows, to: FolderRows): Selection {
  const moved = (id: number | null): number | null => {
    const found = id === null ? -1 : to.find(from.name(id));
    return found < 0 ? null : found;
  };
  const { ids } = selection;
  const [anchor, focus] = [moved(selection.anchor), moved(selection.focus)];
  if (ids.size === 0) return { ids, anchor, focus };
  const names = new Set([...ids].map((id) => from.name(id)));
  const kept: number[] = [];
  for (let id = 0; id < to.length; id += 1) if (names.has(to.name(id))) kept.push(id);
  return { ids: IdSet.of(kept), anchor, focus };
}

/** The next row after the focus whose name begins with what was typed; one letter typed again goes on to the next. */
export function typeAhead(rows: FolderRows, { ids, positions }: Order, focus: number | null, typed: string): number | null {
  const wanted = typed.toLowerCase();
  const again = wanted.length > 1 && [...wanted].every((letter) => letter === wanted[0]);
  const prefix = again ? wanted.slice(0, 1) : wanted;
  const at = focus === null ? -1 : (positions[focus] ?? -1);
  const start = prefix.length === 1 ? at + 1 : Math.max(at, 0);
  for (let step = 0; step < ids.length; step += 1) {
    const id = ids[(start + step) % ids.length] ?? 0;
    if (rows.name(id).slice(0, prefix.length).toLowerCase() === prefix) return id;
  }
  return null;
}
