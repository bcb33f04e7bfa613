import { extend, type Selection, selectAll, selectOne, toggle, typeAhead } from './selection.ts';
import type { ShownRows } from './use-order.ts';

/** What is read of a key press; both React's and the browser's own events have it. */
export type KeyPress = Pick<
  globalThis.KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'preventDefault' | 'stopPropagation' | 'currentTarget'
>;

export interface TableKeys {
  readonly shown: ShownRows;
  readonly selection: Selection;
  readonly pageSize: () => number;
  readonly select: (selection: Selection) => void;
  readonly open: () => void;
  readonly up: () => void;
  readonly rename: () => void;
  readonly trash: () => void;
  readonly copy: () => void;
  readonly cut: () => void;
  readonly properties: () => void;
  readonly newFolder: () => void;
  readonly reload: () => void;
  readonly escape: () => void;
}

let typed = '';
let typedAt = 0;

/** The keyboard habits of file managers. True when the key was taken. */
export function handleTableKey(event: KeyPress, keys: TableKeys): boolean {
  if (commandKey(event, keys) || moveKey(event, keys)) {
    // What is typed next is another name.
    typed = '';
    return true;
  }
  return typedKey(event, keys);
}

function commandKey(event: KeyPress, keys: TableKeys): boolean {
  const control = event.ctrlKey || event.metaKey;
  const run = control
    ? event.shiftKey
      ? { n: keys.newFolder }
      : { a: () => keys.select(selectAll(keys.shown, keys.selection)), c: keys.copy, x: keys.cut, r: keys.reload }
    : null;
  if (run) {
    const command = (run as Record<string, (() => void) | undefined>)[event.key.toLowerCase()];
    command?.();
    if (command) return true;
    if (event.key === ' ' && keys.selection.focus !== null) keys.select(toggle(keys.selection, keys.selection.focus));
    return event.key === ' ';
  }
  if (event.altKey) {
    const command = { ArrowUp: keys.up, Enter: keys.properties }[event.key];
    command?.();
    return command !== undefined;
  }
  const plain: Readonly<Record<string, () => void>> = {
    Enter: keys.open,
    Backspace: keys.up,
    F2: keys.rename,
    F5: keys.reload,
    Delete: keys.trash,
    Escape: keys.escape,
  };
  const command = plain[event.key];
  command?.();
  return command !== undefined;
}

function moveKey(event: KeyPress, { shown, selection, pageSize, select }: TableKeys): boolean {
  const count = shown.ids.length;
  if (event.altKey || count === 0) return false;
  const at = selection.focus === null ? -1 : (shown.positions[selection.focus] ?? -1);
  const to = target(event.key, at, count, pageSize);
  const id = to === null ? undefined : shown.ids[Math.min(count - 1, Math.max(0, to))];
  if (id === undefined) return false;
  if (event.shiftKey) select(extend(selection, id, shown));
  else if (event.ctrlKey || event.metaKey) select({ ...selection, focus: id });
  else select(selectOne(id));
  return true;
}

function target(key: string, at: number, count: number, pageSize: () => number): number | null {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return at - 1;
    case 'PageDown':
      return at + pageSize();
    case 'PageUp':
      return at - pageSize();
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function typedKey(event: KeyPress, { shown, selection, select }: TableKeys): boolean {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return false;
  const now = Date.now();
  typed = now - typedAt < 900 ? typed + event.key : event.key;
  typedAt = now;
  const found = typeAhead(shown.rows, shown, selection.focus, typed);
  if (found !== null) select(selectOne(found));
  return true;
}
