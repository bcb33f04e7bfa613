import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ScaledRows } from './scaled-rows.tsx';
import { TablePart } from './table-part.tsx';

const gap = 12;
const rowHeight = 24;
const headerHeight = 28;

const useStyles = makeStyles({
  header: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    height: `${headerHeight}px`,
    boxSizing: 'border-box',
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  row: {
    display: 'grid',
    height: '100%',
    boxSizing: 'border-box',
    alignItems: 'center',
    columnGap: `${gap}px`,
    padding: '0 12px',
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  line: {
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  cell: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', userSelect: 'text' },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
});

export interface ListColumn<T> {
  readonly title: string;
  /** Pixels; `text`: what the others leave. */
  readonly width: number | 'text';
  readonly right?: boolean;
  readonly text: (item: T) => string;
}

interface ListTableProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly columns: readonly ListColumn<T>[];
}

/** The least that a column of texts has. */
const leastText = 168;

/** A table of things that are all at hand. */
export function ListTable<T>({ label, items, columns }: ListTableProps<T>) {
  const styles = useStyles();
  const widths = columns.map(({ width }) => (width === 'text' ? leastText : width));
  const tracks = {
    gridTemplateColumns: widths
      .map((one, at) => (columns[at]?.width === 'text' ? `minmax(${one}px, 1fr)` : `${one}px`))
      .join(' '),
  };
  return (
    <ScaledRows
      label={label}
      count={items.length}
      columnCount={columns.length}
      rowHeight={rowHeight}
      headerHeight={headerHeight}
      width={widths.reduce((sum, one) => sum + one + gap, gap)}
      header={
        <TablePart role="row" aria-rowindex={1} className={mergeClasses(styles.row, styles.header)} style={tracks}>
          {columns.map(({ title, right }) => (
            <TablePart key={title} role="columnheader" className={mergeClasses(styles.cell, right && styles.right)}>
              {title}
            </TablePart>
          ))}
        </TablePart>
      }
      renderRow={(index) => {
        const item = items[index];
        if (item === undefined) return null;
        return (
          <div role="presentation" className={mergeClasses(styles.row, styles.line)} style={tracks}>
            {columns.map(({ title, right, text }) => (
              <TablePart key={title} role="cell" title={text(item)} className={mergeClasses(styles.cell, right && styles.right)}>
                {text(item)}
              </TablePart>
            ))}
          </div>
        );
      }}
    />
  );
}
