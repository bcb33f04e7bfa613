import type { PreviewContent } from '#shared/contract/previews.ts';
import { visible } from '#shared/paths.ts';
import { formatCount } from '../ui/format.ts';
import { type ListColumn, ListTable } from './list-table.tsx';
import { shapeText } from './shape.ts';
import { ViewBar } from './view-bar.tsx';

const maxShownColumns = 64;

interface ArrayViewProps {
  readonly path: string;
  readonly content: Extract<PreviewContent, { kind: 'array' }>;
}

interface ArrayRow {
  readonly index: string;
  readonly cells: readonly string[];
}

/** The first values of an array, a line for each row of its last dimension. */
export function ArrayView({ path, content: { dtype, shape, order, values } }: ArrayViewProps) {
  const count = shape.reduce((product, size) => product * size, 1);
  const across = order === 'C' && shape.length > 1 ? Math.max(1, shape.at(-1) ?? 1) : 1;
  const rows: ArrayRow[] = [];
  for (let at = 0; at < values.length; at += across) {
    rows.push({ index: indexOf(at, shape, order), cells: values.slice(at, at + Math.min(across, maxShownColumns)) });
  }
  const shownColumns = Math.min(across, maxShownColumns);
  const columns: readonly ListColumn<ArrayRow>[] = [
    { title: 'Index', width: 80, text: ({ index }) => index },
    ...Array.from({ length: shownColumns }, (_, column) => ({
      title: across === 1 ? 'Value' : String(column),
      width: across === 1 ? ('text' as const) : 76,
      right: true,
      text: ({ cells }: ArrayRow) => visible(cells[column] ?? ''),
    })),
  ];
  return (
    <>
      <ViewBar>
        <span>
          {visible(dtype)} · {shapeText(shape)} · {order} order
        </span>
      </ViewBar>
      <ViewBar>
        <span>
          {values.length === 0
            ? 'The values of this type are not shown.'
            : values.length < count
              ? `The first ${formatCount(values.length)} of ${formatCount(count)} values`
              : `All ${formatCount(count)} values`}
        </span>
      </ViewBar>
      <ListTable label={`Values of ${visible(path)}`} items={rows} columns={columns} />
    </>
  );
}

/** Where a value lies, as NumPy indexes it: `[3, 0, :]` for a row, `[7]` for a value. */
function indexOf(at: number, shape: readonly number[], order: 'C' | 'Fortran'): string {
  if (shape.length < 2) return `[${at}]`;
  const places: number[] = [];
  let rest = at;
  const sizes = order === 'C' ? [...shape].reverse() : shape;
  for (const size of sizes) {
    places.push(size === 0 ? 0 : rest % size);
    rest = size === 0 ? 0 : Math.floor(rest / size);
  }
  if (order === 'Fortran') return `[${places.join(', ')}]`;
  return `[${[...places.slice(1).reverse().map(String), ':'].join(', ')}]`;
}
