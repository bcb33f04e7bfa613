/** Which rows are selected, by name, and where the keyboard stands. */
export interface Selection {
  readonly names: ReadonlySet<string>;
  /** Where a range began. */
  readonly anchor: string | null;
  /** The row with the focus. */
  readonly focus: string | null;
}

export const noSelection: Selection = { names: new Set(), anchor: null, focus: null };

export const selectOne = (name: string): Selection => ({ names: new Set([name]), anchor: name, focus: name });

export function selectAll(order: readonly string[], selection: Selection): Selection {
  return { names: new Set(order), anchor: order[0] ?? null, focus: selection.focus ?? order[0] ?? null };
}

/** Ctrl+click and Ctrl+Space: adds or takes away one. */
export function toggle(selection: Selection, name: string): Selection {
  const names = new Set(selection.names);
  if (!names.delete(name)) names.add(name);
  return { names, anchor: name, focus: name };
}

/** Shift+click and Shift+arrows: everything from the anchor to `name` in the order shown. */
export function extend(selection: Selection, name: string, order: readonly string[]): Selection {
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(name);
  if (from < 0 || to < 0) return selectOne(name);
  return { names: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor: selection.anchor, focus: name };
}

/** Forgets names that are no longer there. The same object when nothing changes. */
export function keepPresent(selection: Selection, present: ReadonlySet<string>): Selection {
  const gone = [...selection.names].filter((name) => !present.has(name));
  const lost = (name: string | null): boolean => name !== null && !present.has(name);
  if (gone.length === 0 && !lost(selection.anchor) && !lost(selection.focus)) return selection;
  return {
    names: new Set([...selection.names].filter((name) => present.has(name))),
    anchor: lost(selection.anchor) ? null : selection.anchor,
    focus: lost(selection.focus) ? null : selection.focus,
  };
}

/** The next name after the focus that begins with what was typed; one letter typed again goes on to the next. */
export function typeAhead(order: readonly string[], focus: string | null, typed: string): string | null {
  const wanted = typed.toLowerCase();
  const again = wanted.length > 1 && [...wanted].every((letter) => letter === wanted[0]);
  const prefix = again ? wanted.slice(0, 1) : wanted;
  const at = focus === null ? -1 : order.indexOf(focus);
  const start = prefix.length === 1 ? at + 1 : Math.max(at, 0);
  for (let step = 0; step < order.length; step += 1) {
    const name = order[(start + step) % order.length];
    if (name?.toLowerCase().startsWith(prefix)) return name;
  }
  return null;
}
