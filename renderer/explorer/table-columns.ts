import type { MenuChoice } from '../ui/context-menu.tsx';
import { useRemembered } from '../ui/remembered.ts';
import type { Column } from './row-order.ts';

export interface TableColumn {
  readonly id: Column;
  readonly label: string;
  readonly title?: string;
  readonly right?: boolean;
  /** Pixels, until the user makes it another; the name takes what is left. */
  readonly width: number;
}

const all: readonly TableColumn[] = [
  { id: 'name', label: 'Name', width: 160 },
  { id: 'size', label: 'Size', right: true, width: 92 },
  { id: 'modified', label: 'Modified', right: true, width: 132 },
  { id: 'kind', label: 'Kind', width: 124 },
  { id: 'tier', label: 'Tier', width: 92 },
  { id: 'cached', label: 'Cached', title: 'How much of it is in the cache of this machine', right: true, width: 76 },
];

const narrowest = 56;
const widest = 480;

/** What the user made of the columns. */
interface Layout {
  readonly widths: Partial<Record<Column, number>>;
  readonly hidden: readonly Column[];
}

const untouched: Layout = { widths: {}, hidden: [] };

const isLayout = (value: unknown): value is Layout =>
  typeof value === 'object' &&
  value !== null &&
  'widths' in value &&
  typeof value.widths === 'object' &&
  value.widths !== null &&
  Object.values(value.widths).every(Number.isFinite) &&
  'hidden' in value &&
  Array.isArray(value.hidden);

export interface TableColumns {
  readonly shown: readonly TableColumn[];
  /** For `grid-template-columns`. */
  readonly template: string;
  widthOf(id: Column): number;
  resize(id: Column, width: number): void;
  /** Shows and hides columns, and takes everything back. */
  choices(): Array<MenuChoice | 'divider'>;
}

/** The columns of file tables, as the user arranged them; those for tiers and for the cache only where there are some. */
export function useTableColumns(has: { readonly tiers: boolean; readonly cached: boolean }): TableColumns {
  const [layout, setLayout] = useRemembered('files.columns', untouched, isLayout);
  const offered = all.filter(({ id }) => (id !== 'tier' || has.tiers) && (id !== 'cached' || has.cached));
  const hides = (id: Column): boolean => id !== 'name' && layout.hidden.includes(id);
  const widthOf = (id: Column): number => layout.widths[id] ?? all.find((column) => column.id === id)?.width ?? narrowest;
  const shown = offered.filter(({ id }) => !hides(id));
  const toggle = (id: Column): void =>
    setLayout({ ...layout, hidden: hides(id) ? layout.hidden.filter((one) => one !== id) : [...layout.hidden, id] });
  return {
    shown,
    template: shown.map(({ id, width }) => (id === 'name' ? `minmax(${width}px, 1fr)` : `${widthOf(id)}px`)).join(' '),
    widthOf,
    resize: (id, width) => {
      const kept = Math.round(Math.min(widest, Math.max(narrowest, width)));
      setLayout({ ...layout, widths: { ...layout.widths, [id]: kept } });
    },
    choices: () => [
      ...offered
        .filter(({ id }) => id !== 'name')
        .map(({ id, label }) => ({ label: `${hides(id) ? 'Show' : 'Hide'} ${label.toLowerCase()}`, run: () => toggle(id) })),
      'divider',
      { label: 'Reset columns', disabled: layout === untouched, run: () => setLayout(untouched) },
    ],
  };
}
